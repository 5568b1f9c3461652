using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Sessions;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The sessions of all users; for administrators.</summary>
[Route("api/v{version:apiVersion}/sessions")]
[Tags("Sessions")]
// To end the same sessions again changes nothing.
[IgnoresIdempotencyKey]
public sealed class SessionsController(ISender sender) : ApiController(sender)
{
    /// <summary>Counts the sessions that meet all given conditions, and shows some of them</summary>
    /// <remarks>
    /// The preview of `sessions/end`. At most 10,000 sessions are counted and at most a million are looked at; `isComplete` says whether
    /// these are all.
    /// </remarks>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<MatchingSessionsDto>> ListMatchingSessions([FromQuery] ListMatchingSessions query) => Answer(query);

    /// <summary>Ends the sessions that meet all given conditions</summary>
    /// <remarks>
    /// One or more conditions are needed. The sessions of the caller, and of users whose role is not lower, go on. At most 10,000 sessions
    /// end at once: when `isComplete` is false, send the same request again.
    /// </remarks>
    [HttpPost("end")]
    [ProducesErrors(503)]
    public Task<ActionResult<EndedSessionsDto>> EndMatchingSessions(EndMatchingSessions command) => Answer(command);
}
