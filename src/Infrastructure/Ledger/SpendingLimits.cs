using Npgsql;
using Portico.Application.SpendingLimits;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Reads and replaces spending limits, in the transaction of the command.</summary>
internal sealed class SpendingLimits(TransactionCommands commands, TimeProvider clock) : ISpendingLimits
{
    // What transfers and captures took out since the month began, and what open holds of the month still reserve. A limit of the user
    // leaves out what stays in the user's own wallets.
    private const string SpentSql =
        """
        WITH own AS (SELECT * FROM ledger.accounts WHERE id = ANY($1) AND currency = $2),
        spent AS (
            SELECT j.amount, j.recorded_at, j.destination_id, own.owner_id FROM own
            CROSS JOIN LATERAL (
                SELECT * FROM ledger.postings WHERE account_id = own.id
                    AND account_version > ledger.version_at(own.id, $4 - interval '1 microsecond')) p
            CROSS JOIN LATERAL (SELECT * FROM ledger.journals WHERE id = p.journal_id LIMIT 1) j
            WHERE j.source_id = own.id AND j.kind IN ('transfer', 'capture')
            UNION ALL
            SELECT h.amount - h.captured, h.recorded_at, h.destination_id, own.owner_id FROM own
            JOIN ledger.holds h ON h.source_id = own.id WHERE h.status = 'open' AND h.recorded_at >= $4)
        SELECT coalesce(sum(s.amount) FILTER (WHERE s.recorded_at >= $3), 0), coalesce(sum(s.amount), 0)
        FROM spent s JOIN ledger.accounts d ON d.id = s.destination_id
        WHERE d.kind IN ('wallet', 'sales') AND (NOT $5 OR d.owner_id IS DISTINCT FROM s.owner_id)
        """;

    public async Task<IReadOnlyList<Spending>> Read(Guid subjectId, CancellationToken cancellationToken)
    {
        await using var command = TransactionCommands.Of(SpendingRows.SelectSql, (Guid[])[subjectId]);
        return await commands.On(command, () => SpendingRows.ReadAll(command, clock.GetUtcNow(), cancellationToken));
    }

    public async Task<IReadOnlyList<Spending>> Replace(
        LimitSubject subject, IReadOnlyDictionary<Currency, SpendingLimit> limits, CancellationToken cancellationToken)
    {
        // No wallet of the owner is opened from here on, and no money leaves one.
        await commands.LockOwner(subject.OwnerId, cancellationToken);
        var wallets = await LockWallets(subject, cancellationToken);
        await using var lockLimits = TransactionCommands.Of(SpendingRows.LockSql, (Guid[])[subject.Id]);
        var before = await commands.On(lockLimits, () => SpendingRows.ReadAll(lockLimits, clock.GetUtcNow(), cancellationToken));

        await using var zone = TransactionCommands.Of("SELECT time_zone FROM users WHERE id = $1", subject.OwnerId);
        var timeZone = (string)(await commands.On(zone, () => zone.ExecuteScalarAsync(cancellationToken)))!;
        List<Spending> after = [];
        foreach (var (currency, limit) in limits)
        {
            after.Add(before.FirstOrDefault(spending => spending.Day.Spent.Currency == currency) is { } counted
                ? counted with { Limit = limit }
                : await Begin(subject, currency, limit, wallets, timeZone, cancellationToken));
        }

        await Write(subject, after, wallets, cancellationToken);
        return before;
    }

    private async Task<Guid[]> LockWallets(LimitSubject subject, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT id FROM ledger.accounts WHERE id = ANY(ARRAY(SELECT id FROM wallets WHERE owner_id = $1 AND ($2 IS NULL OR id = $2)))
            ORDER BY id FOR NO KEY UPDATE
            """).With(subject.OwnerId, new NpgsqlParameter<Guid?> { TypedValue = subject.IsUser ? null : subject.Id });
        return [.. await commands.On(command, () => command.ReadAll(row => row.GetGuid(0), cancellationToken))];
    }

    /// <summary>A new limit, with what was spent in its first day and month.</summary>
    private async Task<Spending> Begin(
        LimitSubject subject, Currency currency, SpendingLimit limit, Guid[] wallets, string timeZone, CancellationToken cancellationToken)
    {
        var (day, month) = SpendingPeriods.At(timeZone, clock.GetUtcNow(), Money.Zero(currency));
        await using var command = new NpgsqlCommand(SpentSql)
            .With(wallets, currency.Code, day.Start, month.Start, subject.IsUser);
        return await commands.On(command, async () =>
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return new Spending
            {
                SubjectId = subject.Id,
                Limit = limit,
                Day = day with { Spent = Money.OfMinorUnits(reader.GetDecimal(0), currency) },
                Month = month with { Spent = Money.OfMinorUnits(reader.GetDecimal(1), currency) },
            };
        });
    }

    private async Task Write(LimitSubject subject, IReadOnlyList<Spending> limits, Guid[] wallets, CancellationToken cancellationToken)
    {
        await using var delete = TransactionCommands.Of("DELETE FROM ledger.spending_limits WHERE subject_id = $1", subject.Id);
        await commands.Execute(delete, cancellationToken);
        var insert = SpendingRows.Insert(subject.OwnerId);
        insert.Fill(limits);
        await using var add = insert.ToCommand();
        await commands.Execute(add, cancellationToken);
        await using var mark = TransactionCommands.Of(
            """
            UPDATE ledger.accounts a
            SET is_limited = EXISTS (SELECT FROM ledger.spending_limits l WHERE l.subject_id IN (a.id, a.owner_id))
            WHERE a.id = ANY($1)
            """,
            wallets);
        await commands.Execute(mark, cancellationToken);
    }
}
