using System.Runtime.CompilerServices;
using System.Text;
using CsvHelper;

namespace Portico.Infrastructure.Reconciliations;

/// <summary>Reads the rows of a report while it arrives; the memory does not grow with it.</summary>
/// <remarks>UTF-8, with or without a byte order mark; commas, semicolons or tabs; CRLF or LF.</remarks>
internal static class ReportReader
{
    private const int MaxProblems = 20;
    private const int MaxLineLength = 256 * 1024;
    private const int MaxCells = 500;

    // The names of columns stand in the first lines.
    private const int StartLength = 16 * 1024;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="InvalidReportException">The report is wrong; the first wrong lines are named.</exception>
    public static async IAsyncEnumerable<ReportRow> Read(
        Stream report, ReportFormat format, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var text = new StreamReader(report, Utf8, detectEncodingFromByteOrderMarks: true, 64 * 1024, leaveOpen: true);
        var start = new char[StartLength];
        var length = await Guard(() => text.ReadBlockAsync(start, cancellationToken).AsTask());
        using var all = new StartedReader(start.AsMemory(0, length), text);
        await using var csv = CsvReader.Create(all, Options(SeparatorOf(start.AsSpan(0, length), format.Marker)), leaveOpen: true);
        List<(int Line, string Problem)> problems = [];
        while (await Guard(() => csv.ReadAsync(cancellationToken).AsTask()))
        {
            ReportRow? row = null;
            try
            {
                row = format.Read((int)csv.LineNumber, CellsOf(csv));
            }
            catch (InvalidReportException wrong)
            {
                problems.AddRange(wrong.Problems);
                if (problems.Count >= MaxProblems)
                    throw new InvalidReportException(problems);
            }

            if (row is not null && problems.Count == 0)
                yield return row;
        }

        if (problems.Count > 0)
            throw new InvalidReportException(problems);
        format.End();
    }

    private static CsvReaderOptions Options(char separator) => new()
    {
        Separator = separator,
        HasHeader = false,
        TrackLineNumbers = true,
        MaxRecordSize = MaxLineLength,
    };

    private static string[] CellsOf(CsvReader csv)
    {
        if (csv.FieldCount > MaxCells)
            throw new InvalidReportException((int)csv.LineNumber, $"The line has more than {MaxCells} cells.");
        var cells = new string[csv.FieldCount];
        for (var at = 0; at < cells.Length; at++)
            cells[at] = csv.GetString(at);
        return cells;
    }

    // What stands most often in the line with the names of the columns.
    private static char SeparatorOf(ReadOnlySpan<char> start, string marker)
    {
        foreach (var line in start.EnumerateLines())
        {
            if (line.Contains(marker, StringComparison.OrdinalIgnoreCase) && line.IndexOfAny(",;\t") >= 0)
            {
                var (commas, semicolons, tabs) = (line.Count(','), line.Count(';'), line.Count('\t'));
                return semicolons > Math.Max(commas, tabs) ? ';' : tabs > commas ? '\t' : ',';
            }
        }

        return ',';
    }

    private static async Task<T> Guard<T>(Func<Task<T>> read)
    {
        try
        {
            return await read();
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidReportException(0, "The file is not in UTF-8. Convert it: iconv -f windows-1251 -t utf-8 FILE.");
        }
        catch (CsvFormatException)
        {
            throw new InvalidReportException(0, $"A line has more than {MaxLineLength} bytes. A quotation mark may be missing.");
        }
    }

    /// <summary>A text whose start was read already.</summary>
    private sealed class StartedReader(ReadOnlyMemory<char> start, TextReader rest) : TextReader
    {
        private ReadOnlyMemory<char> _start = start;

        public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

        public override int Read(Span<char> buffer) => Take(buffer) is > 0 and var taken ? taken : rest.Read(buffer);

        public override Task<int> ReadAsync(char[] buffer, int index, int count) => ReadAsync(buffer.AsMemory(index, count)).AsTask();

        public override ValueTask<int> ReadAsync(Memory<char> buffer, CancellationToken cancellationToken = default) =>
            Take(buffer.Span) is > 0 and var taken ? ValueTask.FromResult(taken) : rest.ReadAsync(buffer, cancellationToken);

        private int Take(Span<char> buffer)
        {
            var taken = Math.Min(buffer.Length, _start.Length);
            _start.Span[..taken].CopyTo(buffer);
            _start = _start[taken..];
            return taken;
        }
    }
}
