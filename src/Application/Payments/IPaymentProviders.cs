using System.Net;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>The providers that this installation takes payments by, and its rules of payments.</summary>
public interface IPaymentProviders
{
    /// <summary>How many payments of a user may be in progress.</summary>
    int MaxOpen { get; }

    /// <summary>The largest payment, in units of its currency.</summary>
    decimal MaxAmount { get; }

    /// <summary>How long a payment is looked after that nobody pays.</summary>
    TimeSpan Lifetime { get; }

    /// <summary>The provider; <c>null</c> when it is not configured.</summary>
    IPaymentProvider? Find(PaymentProvider provider);

    /// <summary>Whether a user may return to this URL after paying.</summary>
    bool AllowsReturnTo(string url);
}

/// <summary>A provider of payments. Every call may be repeated: it has its effect once.</summary>
/// <exception cref="Common.DependencyUnavailableException">
/// The provider does not answer, and it is unknown whether the call had an effect.
/// </exception>
public interface IPaymentProvider
{
    /// <summary>Whether it takes payments in a currency.</summary>
    bool Takes(Currency currency);

    /// <summary>Begins a payment; its id is the idempotency key.</summary>
    /// <returns>What the user needs to pay, or why the provider refused.</returns>
    Task<Result<OpenedPayment>> Create(Payment payment, CancellationToken cancellationToken);

    /// <summary>Reads a payment with its refunds.</summary>
    Task<ProviderPayment> Get(string providerId, CancellationToken cancellationToken);

    /// <summary>Makes sure that nobody pays it any more, where the provider can do that.</summary>
    /// <returns>Whether it ended; otherwise its money is received already, or on its way.</returns>
    Task<bool> Cancel(string providerId, CancellationToken cancellationToken);

    /// <summary>Returns money; the id of the refund is the idempotency key.</summary>
    /// <returns>The refund, or why the provider refused.</returns>
    Task<Result<ProviderRefund>> Refund(Payment payment, PaymentRefund refund, CancellationToken cancellationToken);

    /// <summary>Reads a notification, without asking the provider.</summary>
    /// <param name="body">The bytes of the request.</param>
    /// <param name="signature">The signature of the request, if the provider signs.</param>
    /// <param name="from">The address of the sender.</param>
    /// <returns>What it is about; an error when it is no notification of the provider.</returns>
    Result<WebhookNotice> Read(ReadOnlyMemory<byte> body, string? signature, IPAddress? from);
}

/// <summary>A payment that the provider has taken: its id there, and a URL or a secret to pay with.</summary>
public sealed record OpenedPayment(string ProviderId, string? Confirmation);

/// <summary>A payment as the provider knows it.</summary>
public sealed record ProviderPayment
{
    public required ProviderPaymentStatus Status { get; init; }

    /// <summary>What was received; <c>null</c> unless it succeeded.</summary>
    public Money? Captured { get; init; }

    /// <summary>What the provider charged, in the currency of the payment; <c>null</c> while it is not known.</summary>
    public Money? Fee { get; init; }

    public IReadOnlyList<ProviderRefund> Refunds { get; init; } = [];
}

/// <summary>The status of a payment at its provider.</summary>
public enum ProviderPaymentStatus
{
    Pending,
    Succeeded,
    Canceled,
}

/// <summary>A refund as the provider knows it.</summary>
/// <param name="Id">The provider's id.</param>
/// <param name="RefundId">Portico's id; <c>null</c> for one that was made at the provider.</param>
/// <param name="Amount">How much goes back.</param>
/// <param name="Status">How far it is.</param>
public sealed record ProviderRefund(string Id, Guid? RefundId, Money Amount, RefundStatus Status);

/// <summary>That something happened to a payment; what happened is asked for at the provider.</summary>
/// <param name="EventId">The same for a notification that is sent again.</param>
/// <param name="Kind">The provider's name of what happened.</param>
/// <param name="PaymentId">The provider's id of the payment; <c>null</c> when it is about something else.</param>
public sealed record WebhookNotice(string EventId, string Kind, string? PaymentId);
