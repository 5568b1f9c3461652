using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>How far a notification of a provider is.</summary>
public enum WebhookState
{
    /// <summary>Its payment is looked for.</summary>
    Waiting,

    /// <summary>Its payment was looked at.</summary>
    Handled,

    /// <summary>No payment was found in about half an hour, or the last attempt to look at the payment failed.</summary>
    Failed,
}

/// <summary>A stored notification of a provider. Its body is not stored.</summary>
/// <param name="Provider">Who sent it.</param>
/// <param name="EventId">The provider's id of it.</param>
/// <param name="Kind">The provider's name of what happened.</param>
/// <param name="ProviderPaymentId">The provider's id of the payment.</param>
/// <param name="PaymentId">The payment; null when none is known.</param>
/// <param name="State">How far it is.</param>
/// <param name="ReceivedAt">When it came first.</param>
/// <param name="Times">How often it came.</param>
/// <param name="Attempts">How often its payment was looked for since it came last, or was retried.</param>
/// <param name="DueAt">When its payment is looked for again; null unless it waits.</param>
/// <param name="HandledAt">When its payment was found, or given up; null while it waits.</param>
/// <param name="LastError">Why the last attempt failed; null when it did not.</param>
/// <example>
/// {"provider":"stripe","eventId":"evt_1Nv0Fg","kind":"payment_intent.succeeded","providerPaymentId":"pi_3PqRc2Lk","paymentId":null,
/// "state":"failed","receivedAt":"2026-11-21T10:00:00.123Z","times":1,"attempts":10,"dueAt":null,"handledAt":"2026-11-21T10:34:06.123Z",
/// "lastError":"No payment with this id is known."}
/// </example>
public sealed record WebhookDto(
    PaymentProvider Provider, string EventId, string Kind, string ProviderPaymentId, Guid? PaymentId, WebhookState State,
    DateTimeOffset ReceivedAt, int Times, int Attempts, DateTimeOffset? DueAt, DateTimeOffset? HandledAt, string? LastError);
