using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Payments;
using Portico.Domain.Payments;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>What payment providers told Portico; for managers.</summary>
[Route("api/v{version:apiVersion}/webhooks")]
[Tags("Webhooks")]
public sealed class StoredWebhooksController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the stored notifications of payment providers, newest first</summary>
    /// <remarks>They are kept for `Payments:WebhookRetention`.</remarks>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<WebhookDto>>> ListWebhooks([FromQuery] ListWebhooks query) => Answer(query);

    /// <summary>Asks for the payment of a notification to be looked at again, within some seconds</summary>
    /// <remarks>It may be repeated: what happened is asked for at the provider, and a payment is credited once.</remarks>
    /// <param name="provider">Who sent it.</param>
    /// <param name="eventId">The provider's id of it.</param>
    /// <param name="command">The reason.</param>
    [HttpPost("{provider}/{eventId}/retry")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> RetryWebhook(PaymentProvider provider, string eventId, RetryWebhook command) =>
        AnswerNothing(command with { Provider = provider, EventId = eventId });
}
