using Portico.Domain.Ledger;
using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.HashChain;

/// <summary>Wakes the sealing of this process when money was committed, and has the newest journals, which it need not read.</summary>
/// <remarks>
/// The table alone decides which journals are sealed, and in which order; the sealer looks here for their fields. What somebody changed in
/// the table before it was sealed is found, because the fields are those that were committed. Thread-safe; one reader.
/// </remarks>
internal sealed class CommittedJournals(HashChainSettings settings) : WakeSignal
{
    /// <summary>The maximum number of journals; when there are more, all are dropped and the sealer reads them.</summary>
    public const int Capacity = 40_000;

    private readonly Lock _gate = new();
    private List<(IReadOnlyList<Journal> Journals, IReadOnlyList<Posting> Postings)> _groups = [];
    private int _count;

    /// <summary>Adds the journals of a transaction after its commit, with their postings, and wakes the sealing.</summary>
    public void Add(IReadOnlyList<Journal> journals, IReadOnlyList<Posting> postings)
    {
        if (settings.SealInterval != TimeSpan.Zero)
        {
            lock (_gate)
            {
                if (_count + journals.Count > Capacity)
                    Drop();
                if (journals.Count <= Capacity)
                {
                    _groups.Add((journals, postings));
                    _count += journals.Count;
                }
            }
        }

        Set();
    }

    /// <summary>Takes all journals, by transaction.</summary>
    public IReadOnlyList<(IReadOnlyList<Journal> Journals, IReadOnlyList<Posting> Postings)> Take()
    {
        lock (_gate)
        {
            var taken = _groups;
            Drop();
            return taken;
        }
    }

    private void Drop() => (_groups, _count) = ([], 0);
}
