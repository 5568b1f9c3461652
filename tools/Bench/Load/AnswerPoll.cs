using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Portico.Bench.Load;

/// <summary>Waits for answers on many sockets at once, with epoll(7) of Linux.</summary>
/// <remarks>
/// poll(2), by which <see cref="Socket.Select(System.Collections.IList, System.Collections.IList, System.Collections.IList, TimeSpan)"/>
/// waits, looks at every socket each time: with 256 of them it took a quarter of the generator's processor time. Not thread-safe.
/// </remarks>
internal sealed class AnswerPoll : IDisposable
{
    private const int MaxEvents = 256;
    private const int Add = 1;
    private const int Delete = 2;
    private const uint Readable = 1;

    // The structure is packed on x86-64 only.
    private static readonly int NumberAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventLength = NumberAt + sizeof(long);

    private readonly byte[] _events = new byte[MaxEvents * EventLength];
    private readonly int _handle = Checked(Create(0));

    /// <summary>Watches a socket until it is closed or removed.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="number">What <see cref="Wait"/> gives when bytes have come, or the other side has closed the connection.</param>
    public void Watch(Socket socket, int number)
    {
        Span<byte> settings = stackalloc byte[EventLength];
        BitConverter.TryWriteBytes(settings, Readable);
        BitConverter.TryWriteBytes(settings[NumberAt..], (long)number);
        Checked(Control(_handle, Add, (int)socket.Handle, ref settings[0]));
    }

    public void Remove(Socket socket)
    {
        byte unused = 0;
        Checked(Control(_handle, Delete, (int)socket.Handle, ref unused));
    }

    /// <summary>Waits until a socket is ready, or for whole milliseconds of the time.</summary>
    /// <param name="atMost">The time.</param>
    /// <param name="ready">Where the numbers of the ready sockets are written.</param>
    public void Wait(TimeSpan atMost, List<int> ready)
    {
        ready.Clear();
        // A signal ends the wait early.
        var count = Math.Max(0, Wait(_handle, ref _events[0], MaxEvents, (int)atMost.TotalMilliseconds));
        for (var i = 0; i < count; i++)
            ready.Add((int)BitConverter.ToInt64(_events, (i * EventLength) + NumberAt));
    }

    public void Dispose() => _ = Close(_handle);

    private static int Checked(int result) =>
        result >= 0 ? result : throw new LoadException($"epoll: {Marshal.GetLastPInvokeErrorMessage()}");

    [DllImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Create(int flags);

    [DllImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Control(int handle, int operation, int socket, ref byte settings);

    [DllImport("libc", EntryPoint = "epoll_wait")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Wait(int handle, ref byte events, int maxEvents, int milliseconds);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int handle);
}
