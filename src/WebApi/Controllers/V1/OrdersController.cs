using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Orders;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>What users buy; the orders service keeps it.</summary>
[Route("api/v{version:apiVersion}/orders")]
[Tags("Orders")]
public sealed class OrdersController(ISender sender) : ApiController(sender)
{
    /// <summary>Places an order and pays for it from a wallet of the caller</summary>
    /// <remarks>
    /// The order is placed and paid, or neither. After 503 nothing stays behind: what was begun is undone, and the same key can be used
    /// again.
    /// </remarks>
    [HttpPost]
    [ProducesResponseType<OrderDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<OrderDto>> Place(PlaceOrder command) => AnswerCreated(command, order => $"/api/v1/orders/{order.Id}");

    /// <summary>Lists the caller's orders, newest first</summary>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<OrderDto>>> List([FromQuery] ListOrders query) => Answer(query);

    /// <summary>Shows an order to its owner</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetOrder>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<OrderDto>> Get(Guid id) => Answer(new GetOrder(id));

    /// <summary>Cancels an order; its money returns to the wallet that paid</summary>
    /// <remarks>A cancelled order is answered as it is. After 503 the cancellation is completed in the background.</remarks>
    [HttpPost("{id:guid}/cancel")]
    [UseCase<CancelOrder>]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<OrderDto>> Cancel(Guid id) => Answer(new CancelOrder(id));
}
