using System.Buffers;
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
    private readonly FieldWriter _writer = new();
    private List<CommittedGroup> _groups = [];
    private int _count;

    /// <summary>Adds the journals of a transaction after its commit, and wakes the sealing.</summary>
    /// <param name="journals">The journals.</param>
    /// <param name="postings">Their postings, in the order of the journals.</param>
    public void Add(IReadOnlyList<Journal> journals, IReadOnlyList<Posting> postings)
    {
        if (settings.SealInterval != TimeSpan.Zero && journals.Count > 0)
        {
            lock (_gate)
            {
                if (_count + journals.Count > Capacity)
                    Drop();
                if (journals.Count <= Capacity)
                {
                    _groups.Add(CommittedGroup.Of(_writer, journals, postings));
                    _count += journals.Count;
                }
            }
        }

        Set();
    }

    /// <summary>Takes all journals, by transaction.</summary>
    public IReadOnlyList<CommittedGroup> Take()
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

/// <summary>The journals of one transaction, as the fields that their leaves hash.</summary>
/// <remarks>
/// The fields stand in one array of the pool. As objects, the journals of two seconds would survive several garbage collections. A group
/// that is dropped leaves its array to the garbage collector. Not thread-safe.
/// </remarks>
internal sealed class CommittedGroup
{
    private readonly byte[] _fields;
    private readonly Place[] _places;
    private int _waiting;

    private CommittedGroup(byte[] fields, Place[] places) => (_fields, _places, _waiting) = (fields, places, places.Length);

    public int Count => _places.Length;

    public static CommittedGroup Of(FieldWriter writer, IReadOnlyList<Journal> journals, IReadOnlyList<Posting> postings)
    {
        var places = new Place[journals.Count];
        var ofJournal = new List<PostingRow>(2);
        var next = 0;
        writer.Clear();
        for (var i = 0; i < places.Length; i++)
        {
            ofJournal.Clear();
            for (; next < postings.Count && postings[next].JournalId == journals[i].Id; next++)
                ofJournal.Add(PostingRow.Of(postings[next]));
            var journal = JournalRow.Of(journals[i]);
            var start = writer.Length;
            var afterInitiator = writer.Add(journal.InitiatedBy).Length;
            var afterPostings = Leaf.AddPostings(writer, ofJournal).Length;
            places[i] = new Place(journal.Id, start, afterInitiator, afterPostings, Leaf.AddJournal(writer, journal).Length);
        }

        if (next != postings.Count)
            throw new ArgumentException("The postings are not in the order of their journals.", nameof(postings));
        var fields = ArrayPool<byte>.Shared.Rent(writer.Length);
        writer.Written.CopyTo(fields);
        return new CommittedGroup(fields, places);
    }

    public Guid JournalId(int index) => _places[index].JournalId;

    /// <summary>The fields of a journal that was not removed yet.</summary>
    public LeafFields Fields(int index)
    {
        ObjectDisposedException.ThrowIf(_waiting == 0, this);
        var place = _places[index];
        return new LeafFields(
            _fields.AsSpan(place.Start..place.AfterInitiator),
            _fields.AsSpan(place.AfterInitiator..place.AfterPostings),
            _fields.AsSpan(place.AfterPostings..place.End));
    }

    /// <summary>Removes one journal; with the last one, the array goes back to the pool.</summary>
    public void RemoveOne()
    {
        if (--_waiting == 0)
            ArrayPool<byte>.Shared.Return(_fields);
    }

    private readonly record struct Place(Guid JournalId, int Start, int AfterInitiator, int AfterPostings, int End);
}
