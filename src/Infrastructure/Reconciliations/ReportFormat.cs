namespace Portico.Infrastructure.Reconciliations;

/// <summary>How the report of one provider is written. It holds the state of reading one report.</summary>
internal abstract class ReportFormat
{
    private IReadOnlyDictionary<string, int>? _columns;
    private int _width;

    /// <summary>The name of the report, for messages.</summary>
    public abstract string Name { get; }

    /// <summary>A part of the name of a column that the line of names always has.</summary>
    public abstract string Marker { get; }

    /// <summary>Whether the report lists payments.</summary>
    public abstract bool CoversPayments { get; }

    /// <summary>Whether the report lists refunds.</summary>
    public abstract bool CoversRefunds { get; }

    /// <summary>Reads one line.</summary>
    /// <returns>The row; <c>null</c> for names of columns, titles and sums.</returns>
    /// <exception cref="InvalidReportException">The line is wrong; the next lines can be read.</exception>
    public ReportRow? Read(int line, IReadOnlyList<string> cells)
    {
        if (IsHeader(cells))
        {
            var columns = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
            for (var at = 0; at < cells.Count; at++)
                columns.TryAdd(cells[at].Trim(), at);
            Begin(line, columns.Keys);
            (_columns, _width) = (columns, cells.Count);
            return null;
        }

        if (_columns is null || IsNote(cells))
        {
            Note(line, string.Join(' ', cells).Trim());
            return null;
        }

        return cells.Count == _width
            ? Row(new ReportRecord(line, _columns, cells))
            : throw new InvalidReportException(line, $"The line has {cells.Count} cells instead of {_width}.");
    }

    /// <summary>Checks the report as a whole.</summary>
    public virtual void End()
    {
        if (_columns is null)
            throw new InvalidReportException(0, $"There is no line with the names of columns. Send {Name}.");
    }

    /// <summary>Whether these are the names of columns.</summary>
    protected abstract bool IsHeader(IReadOnlyList<string> cells);

    /// <summary>Whether this is a title or a sum.</summary>
    protected abstract bool IsNote(IReadOnlyList<string> cells);

    /// <summary>Begins a table with these columns.</summary>
    protected abstract void Begin(int line, IReadOnlyCollection<string> columns);

    /// <summary>Reads a title or a sum.</summary>
    protected virtual void Note(int line, string text)
    {
    }

    protected abstract ReportRow Row(ReportRecord record);

    protected static void Need(int line, IReadOnlyCollection<string> columns, params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (!columns.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw new InvalidReportException(line, $"The column {name} is missing.");
        }
    }
}
