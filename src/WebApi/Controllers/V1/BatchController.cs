using Microsoft.AspNetCore.Mvc;
using Portico.Application.Batch;
using Portico.Application.Common.Messaging;
using Portico.WebApi.Http;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Several requests in one round trip.</summary>
[Route("api/v{version:apiVersion}/batch")]
[Tags("Aggregation")]
[IgnoresIdempotencyKey]
public sealed class BatchController(ISender sender) : ApiController(sender)
{
    /// <summary>Answers up to 20 GET requests of the caller in one round trip</summary>
    /// <remarks>
    /// The answers have the order of the requests, each with its own status and header fields. Each request is authorised and counted by
    /// the rate limit like one that was sent alone. Only reads of this API are possible. An answer of more than 256 KiB is refused.
    /// </remarks>
    [HttpPost]
    public Task<ActionResult<BatchDto>> Send(GetBatch batch) => Answer(batch);
}
