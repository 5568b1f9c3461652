using Npgsql;
using Portico.Application.SpendingLimits;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Reads and replaces spending limits, in the transaction of the command.</summary>
internal sealed class SpendingLimits(AppDbContext db, TimeProvider clock) : ISpendingLimits
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

    public Task<IReadOnlyList<Spending>> Read(Guid subjectId, CancellationToken cancellationToken) =>
        db.WhileOpen(() => Read(SpendingRows.SelectSql, subjectId, cancellationToken), cancellationToken);

    public async Task<IReadOnlyList<Spending>> Replace(
        LimitSubject subject, IReadOnlyDictionary<Currency, SpendingLimit> limits, CancellationToken cancellationToken)
    {
        // No wallet of the owner is opened from here on, and no money leaves one.
        await Accounts.LockOwner(db, subject.OwnerId, cancellationToken);
        var wallets = await LockWallets(subject, cancellationToken);
        var before = await Read(SpendingRows.LockSql, subject.Id, cancellationToken);
        var timeZone = (string)(await db.CreateCommand("SELECT time_zone FROM users WHERE id = $1")
            .With(subject.OwnerId).ReadValue(cancellationToken))!;
        List<Spending> after = [];
        foreach (var (currency, limit) in limits)
        {
            after.Add(before.FirstOrDefault(spending => spending.Day.Spent.Currency == currency) is { } counted
                ? counted with { Limit = limit }
                : (await Begin(subject, currency, limit, wallets, timeZone, cancellationToken))!);
        }

        await Write(subject, after, wallets, cancellationToken);
        return before;
    }

    private Task<IReadOnlyList<Spending>> Read(string sql, Guid subjectId, CancellationToken cancellationToken) =>
        SpendingRows.ReadAll(db.CreateCommand(sql).With((Guid[])[subjectId]), clock.GetUtcNow(), cancellationToken);

    private async Task<Guid[]> LockWallets(LimitSubject subject, CancellationToken cancellationToken) =>
    [
        .. await db.CreateCommand(
            """
            SELECT id FROM ledger.accounts WHERE id = ANY(ARRAY(SELECT id FROM wallets WHERE owner_id = $1 AND ($2 IS NULL OR id = $2)))
            ORDER BY id FOR NO KEY UPDATE
            """)
            .With(subject.OwnerId, new NpgsqlParameter<Guid?> { TypedValue = subject.IsUser ? null : subject.Id })
            .ReadAll(row => row.GetGuid(0), cancellationToken),
    ];

    /// <summary>A new limit, with what was spent in its first day and month.</summary>
    private Task<Spending?> Begin(
        LimitSubject subject, Currency currency, SpendingLimit limit, Guid[] wallets, string timeZone, CancellationToken cancellationToken)
    {
        var (day, month) = SpendingPeriods.At(timeZone, clock.GetUtcNow(), Money.Zero(currency));
        return db.CreateCommand(SpentSql).With(wallets, currency.Code, day.Start, month.Start, subject.IsUser).ReadFirst(
            row => new Spending
            {
                SubjectId = subject.Id,
                Limit = limit,
                Day = day with { Spent = Money.OfMinorUnits(row.GetDecimal(0), currency) },
                Month = month with { Spent = Money.OfMinorUnits(row.GetDecimal(1), currency) },
            },
            cancellationToken);
    }

    private async Task Write(LimitSubject subject, IReadOnlyList<Spending> limits, Guid[] wallets, CancellationToken cancellationToken)
    {
        var insert = SpendingRows.Insert(subject.OwnerId);
        insert.Fill(limits);
        await using var batch = new NpgsqlBatch(db.Connection())
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("DELETE FROM ledger.spending_limits WHERE subject_id = $1").With(subject.Id),
                insert.Command,
                new NpgsqlBatchCommand(
                    """
                    UPDATE ledger.accounts a
                    SET is_limited = EXISTS (SELECT FROM ledger.spending_limits l WHERE l.subject_id IN (a.id, a.owner_id))
                    WHERE a.id = ANY($1)
                    """).With(wallets),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}
