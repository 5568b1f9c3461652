using System.Buffers;

namespace Portico.WebApi.Observability;

/// <summary>Writes lines to a stream in blocks, from a thread of its own, so that nobody who adds a line waits for the stream.</summary>
/// <remarks>
/// A block is written <see cref="Delay"/> after its first line, or at once with an urgent line or at <see cref="BlockSize"/>. At most
/// <see cref="MaxWaiting"/> bytes wait; further lines are lost, and a line that tells their number follows the next block.
/// </remarks>
internal sealed class LineBlocks : IDisposable
{
    public const int MaxWaiting = 4 * 1024 * 1024;
    private const int BlockSize = 64 * 1024;

    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(10);

    // A stream that takes nothing must not keep the program from ending.
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly AutoResetEvent _first = new(initialState: false);
    private readonly ManualResetEventSlim _due = new(initialState: false, spinCount: 0);
    private readonly Stream _output;
    private readonly Func<long, byte[]> _loss;
    private readonly Thread _thread;
    private ArrayBufferWriter<byte> _waiting = new(BlockSize);
    private ArrayBufferWriter<byte> _written = new(BlockSize);
    private long _lost;
    private bool _ended;

    /// <param name="output">Closed at the end.</param>
    /// <param name="loss">Makes the line that tells how many lines were lost.</param>
    public LineBlocks(Stream output, Func<long, byte[]> loss)
    {
        (_output, _loss) = (output, loss);
        _thread = new Thread(WriteAll) { IsBackground = true, Name = "Log lines" };
        _thread.Start();
    }

    /// <summary>Adds a line, which has no end of line; after the end it is dropped.</summary>
    public void Add(ReadOnlySpan<byte> line, bool isUrgent)
    {
        bool isFirst, isDue;
        lock (_lock)
        {
            if (_ended)
                return;
            if (_waiting.WrittenCount + line.Length >= MaxWaiting)
            {
                _lost++;
                return;
            }

            isFirst = _waiting.WrittenCount == 0;
            _waiting.Write(line);
            _waiting.Write("\n"u8);
            isDue = isUrgent || _waiting.WrittenCount >= BlockSize;
        }

        if (isDue && !_due.IsSet)
            _due.Set();
        if (isFirst)
            _first.Set();
    }

    /// <summary>Writes what waits, for at most two seconds.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_ended)
                return;
            _ended = true;
        }

        _due.Set();
        _first.Set();
        // Otherwise the thread is in a write that does not end, and still uses these.
        if (!_thread.Join(LastWrite))
            return;
        _first.Dispose();
        _due.Dispose();
        _output.Dispose();
    }

    private void WriteAll()
    {
        do
        {
            _first.WaitOne();
            _due.Wait(Delay);
        }
        while (WriteBlock());
    }

    private bool WriteBlock()
    {
        bool isLast;
        long lost;
        lock (_lock)
        {
            (_waiting, _written) = (_written, _waiting);
            (lost, _lost) = (_lost, 0);
            _due.Reset();
            isLast = _ended;
        }

        try
        {
            _output.Write(_written.WrittenSpan);
            if (lost > 0)
                _output.Write([.. _loss(lost), (byte)'\n']);
            _output.Flush();
        }
        catch (IOException)
        {
            // Nobody reads the output any more.
        }

        if (_written.Capacity > 2 * BlockSize)
            _written = new ArrayBufferWriter<byte>(BlockSize);
        else
            _written.ResetWrittenCount();
        return !isLast;
    }
}
