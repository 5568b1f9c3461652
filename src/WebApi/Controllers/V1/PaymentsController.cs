using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Payments;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Payments into wallets by Stripe and YooKassa, and their refunds.</summary>
[Route("api/v{version:apiVersion}/payments")]
[Tags("Payments")]
public sealed class PaymentsController(ISender sender) : ApiController(sender)
{
    /// <summary>Begins a payment into a wallet of the caller</summary>
    /// <remarks>
    /// Of Stripe the answer has a `clientSecret` for Stripe.js, of YooKassa a `redirectUrl` to send the user to. The wallet gets the money
    /// after the provider has received it. After 503 send the same request with the same key again: it begins no second payment.
    /// </remarks>
    [HttpPost]
    [ProducesResponseType<PaymentDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<PaymentDto>> Create(CreatePayment command) =>
        AnswerCreated(command, payment => $"/api/v1/payments/{payment.Id}");

    /// <summary>Lists the caller's payments</summary>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<PaymentDto>>> List([FromQuery] ListPayments query) => Answer(query);

    /// <summary>Lists the payments of all users</summary>
    [HttpGet("all")]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<PaymentDto>>> ListAll([FromQuery] ListAllPayments query) => Answer(query);

    /// <summary>Shows a payment to its owner</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetPayment>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<PaymentDto>> Get(Guid id) => Answer(new GetPayment(id));

    /// <summary>Returns a payment, or a part of it, to the user who paid</summary>
    /// <remarks>The money goes back in the background: read the payment to see how far the refund is.</remarks>
    [HttpPost("{id:guid}/refund")]
    [ProducesResponseType<PaymentRefundDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<PaymentRefundDto>> Refund(Guid id, RefundPayment command) => AnswerAccepted(command with { Id = id });
}
