using Portico.Domain.Common;
using Portico.Domain.Exchange;

namespace Portico.Domain.Ledger;

/// <summary>A request to the ledger that is executed as a whole or not at all.</summary>
public abstract record Instruction
{
    public const int MaxLegs = 100;
    public const int MaxDescriptionLength = 200;

    /// <summary>The id of the result: of the single journal, of the batch, or of the hold.</summary>
    public required Guid Id { get; init; }

    /// <summary>The user who asks; <c>null</c> is the system itself.</summary>
    public Guid? By { get; init; }

    /// <summary>The idempotency key; <c>null</c> for instructions of the system itself.</summary>
    public InstructionKey? Key { get; init; }

    /// <summary>Whether it belongs to an order; only such an instruction touches money of the account of sales.</summary>
    public bool IsOfOrder { get; init; }

    /// <summary>Whether it belongs to a payment; only such an instruction touches money of a provider's clearing account.</summary>
    public bool IsOfPayment { get; init; }

    /// <summary>When it happened, for history that is imported later; <c>null</c> is now.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The W3C traceparent of the request.</summary>
    public string? TraceParent { get; init; }
}

/// <summary>The idempotency key of one user, and the fingerprint of the request.</summary>
/// <remarks>The same key with another fingerprint is an error.</remarks>
public sealed record InstructionKey(Guid OwnerId, string Key, ReadOnlyMemory<byte> Fingerprint);

/// <summary>One amount from one account to another.</summary>
/// <remarks>The id is that of its journal.</remarks>
public sealed record Leg(Guid Id, Guid SourceId, Guid DestinationId, Money Amount, string? Description);

/// <summary>Moves money in one leg or in several legs; all legs are executed or none.</summary>
public sealed record Movement : Instruction
{
    public required JournalKind Kind { get; init; }
    public required IReadOnlyList<Leg> Legs { get; init; }

    /// <summary>Moves money from wallets of the user who asks to any wallets.</summary>
    public static Movement Transfer(Guid id, Guid by, IReadOnlyList<Leg> legs) =>
        new() { Id = id, By = by, Kind = JournalKind.Transfer, Legs = legs };

    /// <summary>Moves money from outside into a wallet.</summary>
    public static Movement Deposit(Guid id, Guid? by, Guid walletId, Money amount, string? description) => new()
    {
        Id = id,
        By = by,
        Kind = JournalKind.Deposit,
        Legs = [new Leg(id, SystemAccounts.IdOf(AccountKind.Cash, amount.Currency), walletId, amount, description)],
    };

    /// <summary>Moves money from a wallet to the outside.</summary>
    public static Movement Withdrawal(Guid id, Guid? by, Guid walletId, Money amount, string? description) => new()
    {
        Id = id,
        By = by,
        Kind = JournalKind.Withdrawal,
        Legs = [new Leg(id, walletId, SystemAccounts.IdOf(AccountKind.Cash, amount.Currency), amount, description)],
    };
}

/// <summary>The movements of payments; each is made once, because its id derives from that of the payment.</summary>
public static class PaymentMovement
{
    /// <summary>What a provider received, into a wallet or the account of suspense.</summary>
    public static Movement Credit(Guid id, AccountKind clearing, Guid accountId, Money amount, string description) =>
        Of(id, JournalKind.Deposit, SystemAccounts.IdOf(clearing, amount.Currency), accountId, amount, description);

    /// <summary>What a provider returned, from a wallet or the account of suspense.</summary>
    public static Movement Refund(Guid id, AccountKind clearing, Guid accountId, Money amount, string description) =>
        Of(id, JournalKind.Withdrawal, accountId, SystemAccounts.IdOf(clearing, amount.Currency), amount, description);

    /// <summary>What a provider charged.</summary>
    public static Movement Fee(Guid id, AccountKind clearing, Money amount, string description) => Of(
        id,
        JournalKind.ProviderFee,
        SystemAccounts.IdOf(AccountKind.ProviderFees, amount.Currency),
        SystemAccounts.IdOf(clearing, amount.Currency),
        amount,
        description);

    private static Movement Of(Guid id, JournalKind kind, Guid sourceId, Guid destinationId, Money amount, string description) => new()
    {
        Id = id,
        Kind = kind,
        Legs = [new Leg(id, sourceId, destinationId, amount, description)],
        IsOfPayment = true,
    };
}

/// <summary>Moves all or part of the amount of a journal back, in total never more than that amount.</summary>
/// <remarks>Without an amount, everything that is not yet reversed is moved back.</remarks>
public sealed record Reversal(Guid OriginalId, Money? Amount, string? Description) : Instruction;

/// <summary>Reserves money in a wallet of the user who asks, for another wallet; for sales or for a provider if it belongs there.</summary>
public sealed record Reservation(Guid SourceId, Guid DestinationId, Money Amount, DateTimeOffset ExpiresAt, string? Description)
    : Instruction;

/// <summary>Moves all or part of a hold to its destination.</summary>
/// <remarks>Without an amount, the whole remaining amount is captured.</remarks>
public sealed record Capture(Guid HoldId, Money? Amount) : Instruction;

/// <summary>Ends a hold and releases its remaining amount.</summary>
/// <remarks>The hold expired, or the user who placed it voids it.</remarks>
public sealed record Release(Guid HoldId, bool Expired) : Instruction;

/// <summary>Exchanges money of a user between two of their wallets, on the terms of a quote; its id is that of the quote.</summary>
/// <param name="FromWalletId">The wallet that gives what is sold.</param>
/// <param name="ToWalletId">The wallet that gets what is bought.</param>
/// <param name="Terms">What was quoted.</param>
/// <param name="ExpiresAt">When the quote ends.</param>
/// <param name="PartIds">Three ids for the journals after the first, which has the id of the exchange.</param>
/// <remarks>
/// Each currency goes through its account of liquidity, so it adds up to 0 by itself. A quote is used once, because each exchange is a row
/// with the id of its quote.
/// </remarks>
public sealed record CurrencyExchange(
    Guid FromWalletId, Guid ToWalletId, ExchangeTerms Terms, DateTimeOffset ExpiresAt, IReadOnlyList<Guid> PartIds)
    : Instruction
{
    /// <summary>What moves, each part as a journal; two to four parts.</summary>
    public IEnumerable<ExchangePart> Parts
    {
        get
        {
            var (sold, bought) = (Terms.Sell.Currency, Terms.Buy.Currency);
            var liquidity = SystemAccounts.IdOf(AccountKind.Liquidity, bought);
            ExchangePart[] parts =
            [
                new(JournalKind.Exchange, FromWalletId, SystemAccounts.IdOf(AccountKind.Liquidity, sold), Terms.Sell - Terms.Fee),
                new(JournalKind.Exchange, liquidity, ToWalletId, Terms.Buy),
                new(JournalKind.Fee, FromWalletId, SystemAccounts.IdOf(AccountKind.Fees, sold), Terms.Fee),
                new(JournalKind.Rounding, liquidity, SystemAccounts.IdOf(AccountKind.Rounding, bought), Terms.Rounded),
            ];
            return parts.Where(part => part.Amount.IsPositive);
        }
    }
}

/// <summary>One movement of an exchange.</summary>
public readonly record struct ExchangePart(JournalKind Kind, Guid SourceId, Guid DestinationId, Money Amount);

/// <summary>The result of an instruction.</summary>
public sealed record InstructionResult
{
    /// <summary>Why the instruction was not executed; <c>null</c> when it was.</summary>
    public Error? Error { get; init; }

    /// <summary>The index of the leg of a movement that was refused.</summary>
    public int? RefusedLeg { get; init; }

    /// <summary>The new journals, one for each leg.</summary>
    public IReadOnlyList<Journal> Journals { get; init; } = [];

    /// <summary>The state of the hold after the instruction.</summary>
    public Hold? Hold { get; init; }

    /// <summary>Whether an earlier request with the same key already executed the instruction.</summary>
    public bool IsReplay { get; init; }

    /// <summary>The fingerprint of the request that used the idempotency key first, when this is another request.</summary>
    public ReadOnlyMemory<byte>? KeyUsedBy { get; init; }
}
