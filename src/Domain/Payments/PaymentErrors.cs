using Portico.Domain.Common;

namespace Portico.Domain.Payments;

/// <summary>The errors of payments.</summary>
public static class PaymentErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such payment.");

    public static readonly Error ProviderOff = new(
        ErrorKind.Validation, "provider_off", "This installation takes no payments by this provider.");

    public static readonly Error CurrencyNotTaken = new(
        ErrorKind.Unprocessable, "currency_not_taken", "The provider takes no payments in the currency of the wallet here.");

    public static readonly Error Refused = new(
        ErrorKind.Unprocessable, "payment_refused", "The provider refused it. Change the amount or the currency, and use a new key.");

    public static readonly Error TooMany = new(
        ErrorKind.Conflict,
        "too_many_payments",
        "You have as many payments in progress as are allowed. Pay one, or wait until one expires.");

    public static readonly Error NotPaid = new(ErrorKind.Conflict, "payment_not_paid", "Only a payment that was received can be refunded.");

    public static readonly Error RefundExceeded = new(
        ErrorKind.Unprocessable, "refund_exceeded", "The amount is larger than what was received and is not refunded yet.");

    public static readonly Error CurrencyMismatch = new(
        ErrorKind.Unprocessable, "currency_mismatch", "The amount must have the currency of the payment.");

    public static readonly Error TooManyRefunds = new(
        ErrorKind.Conflict, "too_many_refunds", "The payment has as many refunds as are allowed.");

    public static readonly Error InvalidWebhook = new(
        ErrorKind.Validation, "invalid_webhook", "This is no notification of the provider: its signature or its content is not valid.");

    public static readonly Error ForeignWebhook = new(
        ErrorKind.Forbidden, "foreign_webhook", "Notifications of this provider are taken from its own networks only.");
}
