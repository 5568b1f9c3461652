using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>The errors of the ledger.</summary>
public static class LedgerErrors
{
    internal const string LimitExceededCode = "limit_exceeded";

    public static readonly Error WalletNotFound = new(ErrorKind.NotFound, "not_found", "There is no such wallet.");

    public static readonly Error TransferNotFound = new(ErrorKind.NotFound, "not_found", "There is no such transfer.");

    public static readonly Error ReceiptPending = new(
        ErrorKind.Conflict, "receipt_pending", "The transfer is not sealed yet. Ask again in a few seconds.")
    {
        RetryAfter = TimeSpan.FromSeconds(2),
    };

    public static readonly Error HoldNotFound = new(ErrorKind.NotFound, "not_found", "There is no such hold.");

    public static readonly Error SameWallet = new(
        ErrorKind.Validation, "same_wallet", "Source and destination are the same wallet. Give two different wallets.");

    public static readonly Error InsufficientFunds =
        new(ErrorKind.Unprocessable, "insufficient_funds", "The wallet has too little available money for this.");

    public static readonly Error CurrencyMismatch =
        new(ErrorKind.Unprocessable, "currency_mismatch", "The amount and both wallets must have the same currency.");

    public static readonly Error WalletClosed = new(ErrorKind.Conflict, "wallet_closed", "The wallet is closed.");

    public static readonly Error AmountTooLarge =
        new(ErrorKind.Unprocessable, "amount_too_large", "The amount is larger than one movement may be. Move it in parts.");

    public static readonly Error BalanceLimit =
        new(ErrorKind.Unprocessable, "balance_limit", "The balance would be larger than the maximum.");

    public static readonly Error TooManyHolds =
        new(ErrorKind.Conflict, "too_many_holds", "You have as many open holds as are allowed. Capture or void one first.");

    public static readonly Error HoldClosed = new(
        ErrorKind.Conflict, "hold_closed", "The hold has ended: it was captured, was voided or has expired.");

    public static readonly Error ExpiryPassed =
        new(ErrorKind.Validation, "validation_failed", "The hold would have expired already. Give a time in the future.");

    public static readonly Error HoldExceeded = new(
        ErrorKind.Unprocessable, "hold_exceeded", "The amount is larger than the remaining amount of the hold.");

    public static readonly Error NotReversible = new(
        ErrorKind.Conflict, "not_reversible", "A reversal and an exchange can't be reversed. Make a new one.");

    public static readonly Error QuoteExpired = new(ErrorKind.Conflict, "quote_expired", "The quote has expired. Ask for a new one.");

    public static readonly Error QuoteUsed = new(ErrorKind.Conflict, "quote_used", "The quote was used. Ask for a new one.");

    public static readonly Error AlreadyReversed = new(ErrorKind.Conflict, "already_reversed", "The whole transfer is already reversed.");

    public static readonly Error ReversalExceeded = new(
        ErrorKind.Unprocessable, "reversal_exceeded", "The amount is larger than the amount of the transfer that is not yet reversed.");

    public static readonly Error OrderMoney = new(
        ErrorKind.Conflict, "order_money", "This money belongs to an order. Cancel the order instead.");

    public static readonly Error PaymentMoney = new(
        ErrorKind.Conflict, "payment_money", "This money came or goes by a payment provider. Refund the payment instead.");

    /// <summary>A spending limit would be exceeded.</summary>
    /// <param name="sentence">Which one, what is left and when the period ends; without its full stop.</param>
    public static Error LimitExceeded(string sentence) => new(ErrorKind.Unprocessable, LimitExceededCode, $"{sentence}.");

    public static readonly Error KeyReused = new(
        ErrorKind.Unprocessable,
        "idempotency_key_reused",
        "This Idempotency-Key was already used for another request. Use a new key for a new request.");
}

/// <summary>Errors that depend on the state of the ledger, and are therefore stored for a replay with the same key.</summary>
public static class StoredErrorNames
{
    // A name never changes.
    private static readonly Dictionary<string, Error> Kept = new(StringComparer.Ordinal)
    {
        ["wallet_not_found"] = LedgerErrors.WalletNotFound,
        ["transfer_not_found"] = LedgerErrors.TransferNotFound,
        ["hold_not_found"] = LedgerErrors.HoldNotFound,
        ["insufficient_funds"] = LedgerErrors.InsufficientFunds,
        ["currency_mismatch"] = LedgerErrors.CurrencyMismatch,
        ["wallet_closed"] = LedgerErrors.WalletClosed,
        ["balance_limit"] = LedgerErrors.BalanceLimit,
        ["too_many_holds"] = LedgerErrors.TooManyHolds,
        ["hold_closed"] = LedgerErrors.HoldClosed,
        ["hold_exceeded"] = LedgerErrors.HoldExceeded,
        ["not_reversible"] = LedgerErrors.NotReversible,
        ["already_reversed"] = LedgerErrors.AlreadyReversed,
        ["reversal_exceeded"] = LedgerErrors.ReversalExceeded,
        ["order_money"] = LedgerErrors.OrderMoney,
        ["payment_money"] = LedgerErrors.PaymentMoney,
        ["quote_expired"] = LedgerErrors.QuoteExpired,
        ["quote_used"] = LedgerErrors.QuoteUsed,
    };

    // With its sentence, which has the limit and its end.
    private const string LimitExceeded = LedgerErrors.LimitExceededCode + ": ";

    private static readonly Dictionary<Error, string> Names =
        Kept.ToDictionary(kept => kept.Value, kept => kept.Key, (IEqualityComparer<Error>)ReferenceEqualityComparer.Instance);

    /// <summary>
    /// The name under which an error is stored for a replay; <c>null</c> when a repeated request is executed again.
    /// </summary>
    public static string? NameOf(Error refusal) =>
        refusal.Code == LedgerErrors.LimitExceededCode ? LimitExceeded + refusal.Message.TrimEnd('.') : Names.GetValueOrDefault(refusal);

    /// <summary>The error that is stored under a name.</summary>
    public static Error OfName(string name) =>
        name.StartsWith(LimitExceeded, StringComparison.Ordinal)
            ? LedgerErrors.LimitExceeded(name[LimitExceeded.Length..])
            : Kept[name];
}
