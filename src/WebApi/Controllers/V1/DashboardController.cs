using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Dashboard;
using Portico.WebApi.Aggregation;
using Portico.WebApi.Http;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Several answers in one.</summary>
[Route("api/v{version:apiVersion}/dashboard")]
[Tags("Aggregation")]
public sealed class DashboardController(ISender sender) : ApiController(sender)
{
    /// <summary>Shows the start page of the caller: parts from several services in one answer</summary>
    /// <remarks>
    /// All parts are read at the same time, on one deadline. A part that fails or is late is `null`, with its reason in `errors`; or it is
    /// the last good copy, with the status `stale` and its age. The page itself never fails for a part. `Server-Timing` has the time of
    /// each part. `Accept: text/event-stream` sends an event `part` for each part when it is ready, and the event `end` at the end.
    /// </remarks>
    [HttpGet]
    [Produces("application/json", EventStreams.MediaType)]
    [ProducesResponseType<DashboardDto>(StatusCodes.Status200OK)]
    public Task<ActionResult> Get([FromQuery] GetDashboard query) => Answer(query, page => new DashboardResult(page));
}
