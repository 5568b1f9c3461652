using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Operation;
using Portico.WebApi.Http;
using Portico.WebApi.Observability;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>How Portico works now; for administrators.</summary>
[Route("api/v{version:apiVersion}/overview")]
[Tags("Operation")]
public sealed class OverviewController(ISender sender) : ApiController(sender)
{
    /// <summary>Shows the health of the dependencies, rates, and how much waits</summary>
    /// <remarks>The numbers are those of the process that answers, and at most 2 s old.</remarks>
    [HttpGet]
    [UseCase<GetOverview>]
    public Task<ActionResult<OverviewDto>> GetOverview() => Answer(new GetOverview());

    /// <summary>Streams the same numbers every 2 seconds (server-sent events)</summary>
    /// <remarks>
    /// Each event is `overview` with the same data as `GET overview`, the first one at once. The stream ends with the access token, after
    /// some minutes, and `EventSource` connects again. A process has at most 100 such streams.
    /// </remarks>
    [HttpGet("events")]
    [Produces(EventStreams.MediaType)]
    [ProducesResponseType<string>(StatusCodes.Status200OK, EventStreams.MediaType)]
    [UseCase<WatchOverview>]
    public Task<ActionResult> WatchOverview() => Answer(new WatchOverview(), numbers => new OverviewEventsResult(numbers));
}
