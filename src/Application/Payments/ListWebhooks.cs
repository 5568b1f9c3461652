using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Lists the stored notifications of payment providers, newest first; for managers.</summary>
[RequirePermission(Permissions.WebhooksManage)]
public sealed record ListWebhooks : PagedQuery<WebhookDto>
{
    public PaymentProvider? Provider { get; init; }
    public WebhookState? State { get; init; }
}

internal sealed class ListWebhooksValidator : PagedValidator<ListWebhooks, WebhookPosition>
{
    public ListWebhooksValidator()
    {
        RuleFor(q => q.Provider).IsInEnum();
        RuleFor(q => q.State).IsInEnum();
    }
}

internal sealed class ListWebhooksHandler(IStoredWebhooks webhooks) : IQueryHandler<ListWebhooks, Page<WebhookDto>>
{
    public async Task<Result<Page<WebhookDto>>> Handle(ListWebhooks query, CancellationToken cancellationToken)
    {
        var after = Cursor.TryRead<WebhookPosition>(query.Cursor, out var position) ? position : null;
        // One extra row shows whether there is a next page.
        var found = await webhooks.List(new WebhookFilter(query.Provider, query.State), after, query.Limit + 1, cancellationToken);
        return Page.Of(
            [.. found],
            query.Limit,
            webhook => webhook,
            last => Cursor.Write(new WebhookPosition(last.ReceivedAt, last.Provider, last.EventId)));
    }
}
