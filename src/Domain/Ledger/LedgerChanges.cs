using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>A state of the ledger and the changes that instructions make to it, in memory.</summary>
/// <remarks>
/// Accounts, spending, journals and postings may change before it is known that an instruction succeeds; <see cref="Undo"/> takes these
/// changes back. Everything else changes only after that.
/// </remarks>
/// <param name="state">The state.</param>
/// <param name="instructions">How many instructions are expected, most of them with one leg.</param>
internal sealed class LedgerChanges(LedgerState state, int instructions)
{
    // Nearly all accounts of a state are changed.
    private readonly Dictionary<Guid, Account> _accounts = new(state.Accounts.Count);
    private readonly Dictionary<Guid, Hold> _holds = [];
    private readonly Dictionary<Guid, int> _openHolds = [];
    private readonly Dictionary<Guid, Original> _originals = [];
    private readonly Dictionary<(Guid, string), Spending> _spending = [];
    private readonly Dictionary<(Guid, string), KnownKey> _usedKeys = new(instructions);
    private readonly List<Journal> _journals = new(instructions);
    private readonly List<Posting> _postings = new(2 * instructions);
    private readonly List<LedgerEvent> _events = new(instructions);
    private readonly List<ExecutedExchange> _exchanges = [];
    private readonly List<StoredResult> _keys = new(instructions);

    // As it was before the current instruction.
    private readonly List<(Guid Id, Account? Before)> _undo = [];
    private readonly List<((Guid, string) Subject, Spending? Before)> _undoSpending = [];
    private (int Journals, int Postings) _before;

    /// <summary>Begins an instruction.</summary>
    public void Begin()
    {
        _undo.Clear();
        _undoSpending.Clear();
        _before = (_journals.Count, _postings.Count);
    }

    /// <summary>Takes back what the current instruction changed.</summary>
    public void Undo()
    {
        for (var i = _undo.Count - 1; i >= 0; i--)
            Restore(_accounts, _undo[i].Id, _undo[i].Before);
        for (var i = _undoSpending.Count - 1; i >= 0; i--)
            Restore(_spending, _undoSpending[i].Subject, _undoSpending[i].Before);
        _journals.RemoveRange(_before.Journals, _journals.Count - _before.Journals);
        _postings.RemoveRange(_before.Postings, _postings.Count - _before.Postings);
    }

    /// <summary>All changes, with the result of each instruction.</summary>
    public Decision ToDecision(IReadOnlyList<InstructionResult> results) => new()
    {
        Results = results,
        Accounts = _accounts.Values,
        Journals = _journals,
        Postings = _postings,
        Holds = _holds.Values,
        Exchanges = _exchanges,
        Spending = _spending.Values,
        Keys = _keys,
        Events = _events,
    };

    public Account? Find(Guid id) => _accounts.GetValueOrDefault(id) ?? state.Accounts.GetValueOrDefault(id);

    /// <summary>The account of an existing hold or journal; accounts are never removed.</summary>
    public Account Require(Guid id) => Find(id) ?? throw new InvalidOperationException($"Account {id} has a history but does not exist.");

    /// <summary>Changes an account by a posting.</summary>
    public void Add(Account after, Posting posting)
    {
        _undo.Add((after.Id, _accounts.GetValueOrDefault(after.Id)));
        _accounts[after.Id] = after;
        _postings.Add(posting);
    }

    public void Add(Journal journal) => _journals.Add(journal);

    public void Add(LedgerEvent happened) => _events.Add(happened);

    public Spending? FindSpending((Guid SubjectId, string Currency) subject) =>
        _spending.GetValueOrDefault(subject) ?? state.Spending.GetValueOrDefault(subject);

    public void Set((Guid SubjectId, string Currency) subject, Spending spending)
    {
        _undoSpending.Add((subject, _spending.GetValueOrDefault(subject)));
        _spending[subject] = spending;
    }

    public Hold? FindHold(Guid id) => _holds.GetValueOrDefault(id) ?? state.Holds.GetValueOrDefault(id);

    public void Set(Hold hold) => _holds[hold.Id] = hold;

    /// <summary>The number of open holds of all wallets of an owner.</summary>
    public int OpenHolds(Guid ownerId) =>
        _openHolds.TryGetValue(ownerId, out var open) ? open : state.OpenHolds.GetValueOrDefault(ownerId);

    public void CountOpenHolds(Account source, int change)
    {
        if (source.OwnerId is { } owner)
            _openHolds[owner] = OpenHolds(owner) + change;
    }

    public Original? FindOriginal(Guid id) =>
        _originals.GetValueOrDefault(id) ?? state.Originals.GetValueOrDefault(id)
        ?? (_journals.Find(journal => journal.Id == id) is { } fresh ? new Original(fresh, Money.Zero(fresh.Amount.Currency)) : null);

    public void Set(Original original) => _originals[original.Journal.Id] = original;

    public bool IsQuoteUsed(Guid id) => state.UsedQuotes.Contains(id) || _exchanges.Exists(done => done.Id == id);

    public void Add(ExecutedExchange exchange) => _exchanges.Add(exchange);

    public KnownKey? FindKey(InstructionKey key) =>
        _usedKeys.GetValueOrDefault((key.OwnerId, key.Key)) ?? state.Keys.GetValueOrDefault((key.OwnerId, key.Key));

    public void Add(StoredResult stored)
    {
        var key = stored.Key;
        _usedKeys[(key.OwnerId, key.Key)] = new KnownKey(key.Fingerprint, stored.Result);
        _keys.Add(stored);
    }

    private static void Restore<TKey, TValue>(Dictionary<TKey, TValue> values, TKey key, TValue? before)
        where TKey : notnull
        where TValue : class
    {
        if (before is null)
            values.Remove(key);
        else
            values[key] = before;
    }
}
