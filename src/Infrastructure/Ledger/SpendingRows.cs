using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Reads and writes the rows of spending limits.</summary>
internal static class SpendingRows
{
    /// <summary>The limits of subjects, with the time zones of their owners.</summary>
    public const string SelectSql =
        """
        SELECT l.subject_id, l.currency, l.per_transfer, l.per_day, l.per_month, l.day_start, l.day_end, l.day_spent,
            l.month_start, l.month_end, l.month_spent, coalesce(u.time_zone, 'UTC')
        FROM ledger.spending_limits l LEFT JOIN users u ON u.id = l.owner_id
        WHERE l.subject_id = ANY($1) ORDER BY l.subject_id, l.currency
        """;

    public const string LockSql = $"{SelectSql} FOR NO KEY UPDATE OF l";

    /// <summary>Reads rows, with the periods of an instant.</summary>
    public static Task<IReadOnlyList<Spending>> ReadAll(NpgsqlCommand command, DateTimeOffset now, CancellationToken cancellationToken) =>
        command.ReadAll(row => SpendingPeriods.Renew(Read(row), row.GetString(11), now), cancellationToken);

    /// <summary>The statement that writes what was spent.</summary>
    public static RowStatement<Spending> Update() => WithPeriods(new RowStatement<Spending>(
        $"""
        UPDATE ledger.spending_limits l SET day_start = u.day_start, day_end = u.day_end, day_spent = u.day_spent,
            month_start = u.month_start, month_end = u.month_end, month_spent = u.month_spent
        FROM (SELECT {RowStatement.Columns(8)})
            AS u (subject_id, currency, day_start, day_end, day_spent, month_start, month_end, month_spent)
        WHERE l.subject_id = u.subject_id AND l.currency = u.currency
        """));

    /// <summary>The statement that adds limits of one owner.</summary>
    public static RowStatement<Spending> Insert(Guid ownerId) => WithPeriods(new RowStatement<Spending>(
        $"""
        INSERT INTO ledger.spending_limits (subject_id, currency, day_start, day_end, day_spent, month_start, month_end, month_spent,
            owner_id, per_transfer, per_day, per_month)
        SELECT {RowStatement.Columns(12)}
        """))
        .With(_ => ownerId).With(s => s.Limit.PerTransfer?.MinorUnits).With(s => s.Limit.PerDay?.MinorUnits)
        .With(s => s.Limit.PerMonth?.MinorUnits);

    private static RowStatement<Spending> WithPeriods(RowStatement<Spending> statement) => statement
        .With(s => s.SubjectId).With(s => s.Day.Spent.Currency.Code)
        .With(s => s.Day.Start).With(s => s.Day.End).With(s => s.Day.Spent.MinorUnits)
        .With(s => s.Month.Start).With(s => s.Month.End).With(s => s.Month.Spent.MinorUnits);

    private static Spending Read(NpgsqlDataReader row)
    {
        var currency = Currency.Of(row.GetString(1));
        return new Spending
        {
            SubjectId = row.GetGuid(0),
            Limit = new SpendingLimit(Optional(2), Optional(3), Optional(4)),
            Day = Period(5),
            Month = Period(8),
        };

        Money? Optional(int column) => row.IsDBNull(column) ? null : Money.OfMinorUnits(row.GetDecimal(column), currency);

        SpendingPeriod Period(int column) => new(
            row.GetFieldValue<DateTimeOffset>(column), row.GetFieldValue<DateTimeOffset>(column + 1),
            Money.OfMinorUnits(row.GetDecimal(column + 2), currency));
    }
}
