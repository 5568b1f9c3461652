using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>
/// The signing keys in PostgreSQL, changed by one process at a time and on PostgreSQL's clock, each change in the audit log.
/// </summary>
public sealed class SigningKeyStore(AppDbContext db, KeySealing sealing, IAuditLog audit)
{
    /// <summary>Every key, each sealed.</summary>
    public async Task<IReadOnlyList<SigningKey>> List(CancellationToken cancellationToken) =>
        await db.Set<SigningKey>().AsNoTracking().OrderBy(key => key.PublishedAt).ToListAsync(cancellationToken);

    /// <summary>Takes the steps that are due; the first ever make the first keys.</summary>
    public Task<IReadOnlyList<SigningKeyChange>> Advance(TokenSettings settings, CancellationToken cancellationToken) =>
        Change((keys, now) => Steps(keys, now, settings), cancellationToken);

    /// <summary>Lets the next key sign from now on.</summary>
    /// <exception cref="SigningKeyException">There is none that verifiers have had the time to learn of.</exception>
    public Task<IReadOnlyList<SigningKeyChange>> Rotate(CancellationToken cancellationToken) =>
        Change((keys, now) => keys.Rotate(now), cancellationToken);

    /// <summary>Lets a key be gone at once; in an emergency every access token that is out dies with it.</summary>
    /// <exception cref="SigningKeyException">There is no such key, or tokens of it are alive and this is no emergency.</exception>
    public Task<IReadOnlyList<SigningKeyChange>> Drop(string id, bool isEmergency, CancellationToken cancellationToken) => Change(
        (keys, now) => keys.Drop(id, isEmergency, now),
        cancellationToken,
        // Of people who are deleted too: they may be restored while a token of theirs is alive.
        last: isEmergency ? token => db.Database.ExecuteSqlAsync($"UPDATE users SET epoch = epoch + 1", token) : null);

    /// <summary>Seals every key under the sealing key of today.</summary>
    /// <returns>How many were not.</returns>
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

    private static IEnumerable<Func<SigningKeyChange>> Steps(SigningKeySet keys, DateTimeOffset now, TokenSettings settings)
    {
        while (keys.Due(now, settings) is { } step)
            yield return step;
    }

    private async Task<IReadOnlyList<SigningKeyChange>> Change(
        Func<SigningKeySet, DateTimeOffset, IEnumerable<Func<SigningKeyChange>>> steps, CancellationToken cancellationToken,
        Func<CancellationToken, Task>? last =
            null)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var keys = await Lock(cancellationToken);
        // Of the moment at which the lock was there, not of the one at which it was asked for.
        var now = await db.Database.SqlQuery<DateTimeOffset>($"""SELECT clock_timestamp() AS "Value" """).SingleAsync(cancellationToken);
        List<SigningKeyChange> changes = [];
        foreach (var step in steps(keys, now))
        {
            var change = step();
            if (change.Step == SigningKeyStep.Made)
                db.Set<SigningKey>().Add(change.Key);
            else if (change.Step is SigningKeyStep.Removed or SigningKeyStep.Dropped)
                db.Set<SigningKey>().Remove(change.Key);
            audit.Add(Note(change));
            // Each by itself: in between no two keys may be in one state.
            await db.SaveChangesAsync(cancellationToken);
            changes.Add(change);
        }

        if (last is not null)
            await last(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return changes;
    }

    private static AuditNote Note(SigningKeyChange change) => change switch
    {
        (SigningKeyStep.Made, var key) =>
            new AuditNote(AuditActions.SigningKeyMade, Subject(key)).With("algorithm", key.Algorithm).With("readyAt", key.ReadyAt),
        (SigningKeyStep.Promoted, var key) => new AuditNote(AuditActions.SigningKeyPromoted, Subject(key)),
        (SigningKeyStep.Retired, var key) =>
            new AuditNote(AuditActions.SigningKeyRetired, Subject(key)).With("publishedUntil", key.PublishedUntil!),
        (SigningKeyStep.Removed, var key) => new AuditNote(AuditActions.SigningKeyRemoved, Subject(key)),
        (SigningKeyStep.Dropped, var key) => new AuditNote(AuditActions.SigningKeyDropped, Subject(key)).Changed("state", key.State, null),
        _ => throw new InvalidOperationException($"{change.Step} has no action."),
    };

    private static AuditSubject Subject(SigningKey key) => new("signing_key", key.Id);

    private async Task<SigningKeySet> Lock(CancellationToken cancellationToken)
    {
        // Keeps out who changes keys, and nobody who reads them.
        await db.Database.ExecuteSqlAsync($"LOCK TABLE identity.signing_keys IN SHARE ROW EXCLUSIVE MODE", cancellationToken);
        return new SigningKeySet(await db.Set<SigningKey>().ToListAsync(cancellationToken), sealing, TokenKey.Generate);
    }
}
