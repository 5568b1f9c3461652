using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Portico.DevStack;

/// <summary>Chooses loopback ports.</summary>
internal static class Ports
{
    // Below the ephemeral port range of the kernel, so that no outgoing connection takes the port of a restarting server.
    private const int First = 20_000;
    private const int Last = 32_000;

    // Those that this process has chosen: one that is not listened on yet is still free, and would be chosen a second time.
    private static readonly ConcurrentDictionary<int, bool> Chosen = [];

    public static int Choose(int? preferred) => preferred is { } port && IsFree(port) ? port : Free();

    /// <summary>A port that was free a moment ago; if it is taken meanwhile, the server must try another.</summary>
    public static int Free()
    {
        if (Chosen.Count > (Last - First) / 2)
            Chosen.Clear();
        for (var attempt = 0; attempt < 1000; attempt++)
        {
            var port = RandomNumberGenerator.GetInt32(First, Last);
            if (Chosen.TryAdd(port, true) && IsFree(port))
                return port;
        }

        throw new LocalStackException($"There is no free port between {First} and {Last}.");
    }

    public static bool IsFree(int port)
    {
        using var listener = TryListen(port);
        return listener is not null;
    }

    /// <summary>Listens on a port that nobody else can choose meanwhile: the preferred one if it is free.</summary>
    public static TcpListener Listen(int preferred)
    {
        var listener = TryListen(preferred);
        while (listener is null)
            listener = TryListen(Free());
        return listener;
    }

    private static TcpListener? TryListen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start();
            return listener;
        }
        catch (SocketException)
        {
            listener.Dispose();
            return null;
        }
    }
}
