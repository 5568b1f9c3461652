namespace Portico.Infrastructure.Reconciliations;

/// <summary>A report can't be read; it says what is wrong with which lines.</summary>
internal sealed class InvalidReportException(IReadOnlyList<(int Line, string Problem)> problems) : Exception("The report can't be read.")
{
    public InvalidReportException(int line, string problem)
        : this([(line, problem)])
    {
    }

    public IReadOnlyList<(int Line, string Problem)> Problems { get; } = problems;
}
