namespace Portico.Infrastructure.Aggregation;

/// <summary>Allows a second call for a share of the calls, and never more.</summary>
/// <remarks>A quiet time saves up at most ten second calls. Thread-safe.</remarks>
internal sealed class HedgingBudget(int percent)
{
    private const int Call = 100;
    private const int MostSaved = 10 * Call;

    private readonly Lock _lock = new();
    private int _saved;

    /// <summary>Whether no second call is ever allowed.</summary>
    public bool IsNone => percent == 0;

    /// <summary>Counts a first call.</summary>
    public void Earn()
    {
        lock (_lock)
            _saved = Math.Min(_saved + percent, MostSaved);
    }

    public bool TrySpend()
    {
        lock (_lock)
        {
            if (_saved < Call)
                return false;
            _saved -= Call;
            return true;
        }
    }
}
