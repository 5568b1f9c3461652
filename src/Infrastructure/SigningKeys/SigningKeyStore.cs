using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.SigningKeys;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>
/// Changes the signing keys in PostgreSQL: one process at a time, by the clock of PostgreSQL, with an audit log entry for each change.
/// </summary>
public sealed class SigningKeyStore(AppDbContext db, KeySealing sealing, IAuditLog audit)
{
    /// <summary>Takes the steps that are due; the first call creates the first keys.</summary>
    public Task<IReadOnlyList<SigningKeyChange>> Advance(TokenSettings settings, CancellationToken cancellationToken) =>
        Change((keys, now) => Steps(keys, now, settings), cancellationToken);

    /// <summary>Makes the next key the current key.</summary>
    /// <exception cref="SigningKeyException">There is no next key that was published long enough.</exception>
    public Task<IReadOnlyList<SigningKeyChange>> Rotate(CancellationToken cancellationToken, string? reason = null) =>
        Change((keys, now) => keys.Rotate(now), cancellationToken, reason);

    /// <summary>Removes a key immediately; in an emergency all issued access tokens become invalid.</summary>
    /// <exception cref="SigningKeyException">The key does not exist, or its tokens may be valid and this is not an emergency.</exception>
    public Task<IReadOnlyList<SigningKeyChange>> Drop(
        string id, bool isEmergency, CancellationToken cancellationToken, string? reason = null) => Change(
        (keys, now) => keys.Drop(id, isEmergency, now),
        cancellationToken,
        reason,
        // Also for deleted users: they may be restored while one of their tokens is valid.
        last: isEmergency ? RevokeAllTokens : null);

    /// <summary>Seals every key with the current sealing key.</summary>
    /// <returns>The number of keys that were sealed with another sealing key.</returns>
    public async Task<int> Reseal(CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var resealed = 0;
        foreach (var key in (await Lock(cancellationToken)).Keys.Where(key => key.Reseal(sealing)))
        {
            audit.Add(new AuditNote(AuditActions.SigningKeyResealed, Subject(key)));
            resealed++;
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return resealed;
    }

    private async Task RevokeAllTokens(CancellationToken cancellationToken)
    {
        // As long as the caller waits.
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        await db.Database.ExecuteSqlAsync($"UPDATE users SET epoch = epoch + 1", cancellationToken);
    }

    private static IEnumerable<Func<SigningKeyChange>> Steps(SigningKeySet keys, DateTimeOffset now, TokenSettings settings)
    {
        while (keys.Due(now, settings) is { } step)
            yield return step;
    }

    private async Task<IReadOnlyList<SigningKeyChange>> Change(
        Func<SigningKeySet, DateTimeOffset, IEnumerable<Func<SigningKeyChange>>> steps,
        CancellationToken cancellationToken,
        string? reason = null,
        Func<CancellationToken, Task>? last = null)
    {
        // A command has opened a transaction, with which all of this is committed.
        await using var transaction = db.Database.CurrentTransaction is null
            ? await db.Database.BeginTransactionAsync(cancellationToken)
            : null;
        var keys = await Lock(cancellationToken);
        // The time after the lock was taken, not the time of the request for it.
        var now = await db.Database.SqlQuery<DateTimeOffset>($"""SELECT clock_timestamp() AS "Value" """).SingleAsync(cancellationToken);
        List<SigningKeyChange> changes = [];
        foreach (var step in steps(keys, now))
        {
            var change = step();
            if (change.Step == KeyStep.Made)
                db.Set<SigningKey>().Add(change.Key);
            else if (change.Step is KeyStep.Removed or KeyStep.Dropped)
                db.Set<SigningKey>().Remove(change.Key);
            audit.Add(Note(change).Changed("reason", null, reason));
            // Saved one by one, because no two keys may be in the state next or current at the same time.
            await db.SaveChangesAsync(cancellationToken);
            changes.Add(change);
        }

        if (last is not null)
            await last(cancellationToken);
        if (transaction is not null)
            await transaction.CommitAsync(cancellationToken);
        return changes;
    }

    private static AuditNote Note(SigningKeyChange change) => change switch
    {
        (KeyStep.Made, var key) =>
            new AuditNote(AuditActions.SigningKeyMade, Subject(key)).With("algorithm", key.Algorithm).With("readyAt", key.ReadyAt),
        (KeyStep.Promoted, var key) => new AuditNote(AuditActions.SigningKeyPromoted, Subject(key)),
        (KeyStep.Retired, var key) =>
            new AuditNote(AuditActions.SigningKeyRetired, Subject(key)).With("publishedUntil", key.PublishedUntil!),
        (KeyStep.Removed, var key) => new AuditNote(AuditActions.SigningKeyRemoved, Subject(key)),
        (KeyStep.Dropped, var key) => new AuditNote(AuditActions.SigningKeyDropped, Subject(key)).Changed("state", key.State, null),
        _ => throw new InvalidOperationException($"{change.Step} has no action."),
    };

    private static AuditSubject Subject(SigningKey key) => new("signing_key", key.Id);

    private async Task<SigningKeySet> Lock(CancellationToken cancellationToken)
    {
        // Blocks other changes of keys, but no readers.
        await db.Database.ExecuteSqlAsync($"LOCK TABLE identity.signing_keys IN SHARE ROW EXCLUSIVE MODE", cancellationToken);
        return new SigningKeySet(await db.Set<SigningKey>().ToListAsync(cancellationToken), sealing, TokenKey.Generate);
    }
}
