using Portico.Domain.Ledger;

namespace Portico.Infrastructure.Ledger;

/// <summary>The accounts as a session read or wrote them last, and the time of the database. Not thread-safe.</summary>
/// <remarks>
/// Others may have changed them since. What is decided with them is written only if every account still has the remembered version, is open
/// and has no spending limits, so only such accounts are found.
/// </remarks>
internal sealed class RememberedAccounts(int capacity, TimeProvider clock)
{
    // The time of the database is read again before the clocks can differ by much.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(10);

    private readonly Dictionary<Guid, Account> _accounts = [];
    private DateTimeOffset _time;
    private long? _readAt;

    /// <summary>Finds out which accounts must be read.</summary>
    /// <returns>Their ids; <c>null</c> when one of the others was not open or had spending limits: reading would be in vain.</returns>
    public IReadOnlyList<Guid>? Unknown(IReadOnlyCollection<Guid> ids)
    {
        List<Guid> unknown = [];
        foreach (var id in ids)
        {
            if (!_accounts.TryGetValue(id, out var account))
                unknown.Add(id);
            else if (!IsPlain(account))
                return null;
        }

        return unknown;
    }

    /// <summary>Finds accounts and the time of the database.</summary>
    /// <returns>
    /// <c>null</c> when one of them is not remembered, was not open or had spending limits, or when the time must be read.
    /// </returns>
    public (LedgerState State, DateTimeOffset Now)? Find(IReadOnlyCollection<Guid> ids)
    {
        if (_readAt is not { } readAt)
            return null;
        var age = clock.GetElapsedTime(readAt);
        if (age > MaxAge)
            return null;

        var found = new Dictionary<Guid, Account>(ids.Count);
        foreach (var id in ids)
        {
            if (!_accounts.TryGetValue(id, out var account) || !IsPlain(account))
                return null;
            found[id] = account;
        }

        // PostgreSQL stores whole microseconds.
        var now = _time + age;
        return (new LedgerState { Accounts = found }, now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond)));
    }

    /// <summary>Remembers the time of the database that was just read.</summary>
    public void SetTime(DateTimeOffset now) => (_time, _readAt) = (now, clock.GetTimestamp());

    /// <summary>Remembers accounts. When there are too many, all that were remembered before are forgotten.</summary>
    public void Add(IEnumerable<Account> accounts)
    {
        foreach (var account in accounts)
        {
            if (_accounts.Count == capacity && !_accounts.ContainsKey(account.Id))
                _accounts.Clear();
            _accounts[account.Id] = account;
        }
    }

    public void Clear() => _accounts.Clear();

    private static bool IsPlain(Account account) => account is { Status: AccountStatus.Open, IsLimited: false };
}
