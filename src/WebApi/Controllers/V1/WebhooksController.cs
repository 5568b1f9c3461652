using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Payments;
using Portico.Domain.Payments;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>What payment providers tell Portico.</summary>
[Route("api/v{version:apiVersion}/webhooks")]
[Tags("Webhooks")]
[IgnoresIdempotencyKey]
public sealed class WebhooksController(ISender sender) : ApiController(sender)
{
    private const string StripeSignature = "Stripe-Signature";

    /// <summary>Takes an event of Stripe</summary>
    /// <remarks>
    /// The body and its signature are as Stripe describes them. The notification is stored without its body;
    /// what happened is asked for at Stripe afterwards.
    /// </remarks>
    [HttpPost("stripe")]
    [ProducesResponseType(StatusCodes.Status200OK)]
    [UseCase<ReceiveWebhook>]
    [ProducesErrors(404, 413, 503)]
    public Task<ActionResult> Stripe() => Take(PaymentProvider.Stripe);

    /// <summary>Takes a notification of YooKassa</summary>
    /// <remarks>
    /// The body is as YooKassa describes it. The notification is stored without its body;
    /// what happened is asked for at YooKassa afterwards.
    /// </remarks>
    [HttpPost("yookassa")]
    [ProducesResponseType(StatusCodes.Status200OK)]
    [UseCase<ReceiveWebhook>]
    [ProducesErrors(403, 404, 413, 503)]
    public Task<ActionResult> Yookassa() => Take(PaymentProvider.Yookassa);

    private async Task<ActionResult> Take(PaymentProvider provider)
    {
        // One byte more than allowed is enough to see that it is too long.
        var buffer = new MemoryStream();
        var chunk = new byte[16 * 1024];
        while (buffer.Length <= ReceiveWebhook.MaxBytes
            && await Request.Body.ReadAsync(chunk, HttpContext.RequestAborted) is > 0 and var read)
            buffer.Write(chunk.AsSpan(0, read));
        if (buffer.Length > ReceiveWebhook.MaxBytes)
            throw new BadHttpRequestException("The body is too large.", StatusCodes.Status413PayloadTooLarge);

        var webhook = new ReceiveWebhook(
            provider, buffer.GetBuffer().AsMemory(0, (int)buffer.Length), Request.Headers[StripeSignature].FirstOrDefault());
        return await Answer(webhook, _ => Ok());
    }
}
