using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Exchange;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>Reads rows of the ledger tables, always with the same columns in the same order.</summary>
internal static class LedgerRows
{
    public const string AccountColumns =
        "id, kind, owner_id, currency, status, posted, held, min_available, version, recorded_at, is_limited";

    public const string JournalColumns =
        "id, kind, source_id, destination_id, currency, amount, operation_id, reverses_id, hold_id, initiated_by, description, recorded_at";

    public const string HoldColumns =
        "id, source_id, destination_id, currency, amount, captured, status, version, description, created_by, recorded_at, expires_at";

    public const string ExchangeColumns =
        "id, owner_id, source_id, destination_id, sold_currency, sold, bought_currency, bought, fee, rounded, price, rounding, recorded_at";

    public static Account Account(NpgsqlDataReader row)
    {
        var currency = Currency.Of(row.GetString(3));
        return new Account
        {
            Id = row.GetGuid(0),
            Kind = EnumNames<AccountKind>.Read(row.GetString(1)),
            OwnerId = row.ValueOrNull<Guid>(2),
            Status = EnumNames<AccountStatus>.Read(row.GetString(4)),
            Posted = Money.OfMinorUnits(row.GetDecimal(5), currency),
            Held = Money.OfMinorUnits(row.GetDecimal(6), currency),
            MinAvailable = row.IsDBNull(7) ? null : Money.OfMinorUnits(row.GetDecimal(7), currency),
            Version = row.GetInt64(8),
            RecordedAt = row.GetFieldValue<DateTimeOffset>(9),
            IsLimited = row.GetBoolean(10),
        };
    }

    public static Journal Journal(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Kind = EnumNames<JournalKind>.Read(row.GetString(1)),
        SourceId = row.GetGuid(2),
        DestinationId = row.GetGuid(3),
        Amount = Money.OfMinorUnits(row.GetDecimal(5), Currency.Of(row.GetString(4))),
        OperationId = row.ValueOrNull<Guid>(6),
        ReversesId = row.ValueOrNull<Guid>(7),
        HoldId = row.ValueOrNull<Guid>(8),
        InitiatedBy = row.ValueOrNull<Guid>(9),
        Description = row.StringOrNull(10),
        RecordedAt = row.GetFieldValue<DateTimeOffset>(11),
    };

    /// <summary>Reads a journal, followed by the amount that was reversed.</summary>
    public static Original Original(NpgsqlDataReader row)
    {
        var journal = Journal(row);
        return new Original(journal, Money.OfMinorUnits(row.GetDecimal(12), journal.Amount.Currency));
    }

    public static ExecutedExchange Exchange(NpgsqlDataReader row)
    {
        var (sold, bought) = (Currency.Of(row.GetString(4)), Currency.Of(row.GetString(6)));
        var terms = new ExchangeTerms
        {
            Sell = Money.OfMinorUnits(row.GetDecimal(5), sold),
            Buy = Money.OfMinorUnits(row.GetDecimal(7), bought),
            Fee = Money.OfMinorUnits(row.GetDecimal(8), sold),
            Rounded = Money.OfMinorUnits(row.GetDecimal(9), bought),
            Price = row.GetString(10),
            Rounding = row.GetString(11),
        };
        return new ExecutedExchange(
            row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetGuid(3), terms, row.GetFieldValue<DateTimeOffset>(12));
    }

    public static Hold Hold(NpgsqlDataReader row)
    {
        var currency = Currency.Of(row.GetString(3));
        return new Hold
        {
            Id = row.GetGuid(0),
            SourceId = row.GetGuid(1),
            DestinationId = row.GetGuid(2),
            Amount = Money.OfMinorUnits(row.GetDecimal(4), currency),
            Captured = Money.OfMinorUnits(row.GetDecimal(5), currency),
            Status = EnumNames<HoldStatus>.Read(row.GetString(6)),
            Version = row.GetInt64(7),
            Description = row.StringOrNull(8),
            CreatedBy = row.ValueOrNull<Guid>(9),
            RecordedAt = row.GetFieldValue<DateTimeOffset>(10),
            ExpiresAt = row.GetFieldValue<DateTimeOffset>(11),
        };
    }
}
