using Npgsql;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Reads the trial balance.</summary>
internal sealed class LedgerSums(NpgsqlDataSource database, TimeProvider clock) : ILedgerSums
{
    // One statement, so that all sums come from one snapshot.
    private const string Sql =
        """
        SELECT currency, kind, count(*), coalesce(-sum(posted) FILTER (WHERE posted < 0), 0),
            coalesce(sum(posted) FILTER (WHERE posted > 0), 0), sum(held)
        FROM ledger.accounts WHERE version > 0 GROUP BY currency, kind
        """;

    public async Task<TrialBalanceDto> Read(CancellationToken cancellationToken)
    {
        var at = clock.GetUtcNow();
        var currencies = (await database.CreateCommand(Sql).ReadAll(Row, cancellationToken))
            .GroupBy(row => row.Currency, row => row.Sums)
            .OrderBy(group => group.Key.Code, StringComparer.Ordinal)
            .Select(Sum)
            .ToArray();
        return new TrialBalanceDto(at, Array.TrueForAll(currencies, currency => currency.Balanced), currencies);
    }

    private static (Currency Currency, KindBalanceDto Sums) Row(NpgsqlDataReader row)
    {
        var currency = Currency.Of(row.GetString(0));
        return (currency, new KindBalanceDto(
            EnumNames<AccountKind>.Read(row.GetString(1)), row.GetInt64(2),
            Amount(row, 3, currency), Amount(row, 4, currency), Amount(row, 5, currency)));
    }

    private static CurrencyBalanceDto Sum(IGrouping<Currency, KindBalanceDto> kinds)
    {
        var zero = Money.Zero(kinds.Key);
        var (debit, credit) = kinds.Aggregate((zero, zero), (sums, kind) => (sums.Item1 + kind.Debit, sums.Item2 + kind.Credit));
        return new CurrencyBalanceDto(kinds.Key.Code, debit == credit, debit, credit, [.. kinds.OrderBy(kind => kind.Kind)]);
    }

    private static Money Amount(NpgsqlDataReader reader, int column, Currency currency) =>
        Money.OfMinorUnits(reader.GetDecimal(column), currency);
}
