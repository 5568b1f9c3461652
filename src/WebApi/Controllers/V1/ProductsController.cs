using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Orders;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>What can be ordered; the orders service keeps it.</summary>
[Route("api/v{version:apiVersion}/products")]
[Tags("Orders")]
public sealed class ProductsController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the products on sale, by name</summary>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<ProductDto>>> List([FromQuery] ListProducts query) => Answer(query);
}
