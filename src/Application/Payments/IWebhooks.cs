using Portico.Application.Common.Paging;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Stores notifications of providers until they are handled.</summary>
public interface IWebhooks
{
    /// <summary>Stores a notification; one that is sent again counts once, but is looked at again.</summary>
    Task Store(PaymentProvider provider, WebhookNotice notice, CancellationToken cancellationToken);
}

/// <summary>The stored notifications of providers, for operators.</summary>
public interface IStoredWebhooks
{
    /// <summary>Lists the stored notifications, newest first.</summary>
    /// <param name="filter">Which ones.</param>
    /// <param name="after">The last one of the page before.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    Task<IReadOnlyList<WebhookDto>> List(
        WebhookFilter filter, WebhookPosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>Asks a server to handle a notification again, when the open transaction is committed.</summary>
    /// <returns>Whether there is such a notification.</returns>
    Task<bool> Retry(PaymentProvider provider, string eventId, CancellationToken cancellationToken);
}

/// <summary>Which notifications are listed; null is any.</summary>
/// <param name="Provider">Of this provider.</param>
/// <param name="State">In this state.</param>
public sealed record WebhookFilter(PaymentProvider? Provider, WebhookState? State);

/// <summary>The last notification of a page.</summary>
public sealed record WebhookPosition(DateTimeOffset ReceivedAt, PaymentProvider Provider, string EventId) : IBoundedPosition
{
    bool IBoundedPosition.IsPossible => Enum.IsDefined(Provider);
}
