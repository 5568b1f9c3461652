using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Records;
using Portico.Application.Events;
using Portico.Application.Forecasts;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Sports events and leaderboards.</summary>
[Route("api/v{version:apiVersion}")]
[Tags("Events")]
public sealed class EventsController(ISender sender) : ApiController(sender)
{
    /// <summary>Creates an event</summary>
    [HttpPost("events")]
    [ProducesResponseType<EventDto>(StatusCodes.Status201Created)]
    [ProducesErrors(503)]
    public Task<ActionResult<EventDto>> Create(CreateEvent command) => AnswerCreated(command, made => $"/api/v1/events/{made.Id}");

    /// <summary>Lists events, newest first</summary>
    [HttpGet("events")]
    [ProducesErrors(403, 503)]
    public Task<ActionResult<Page<EventDto>>> List([FromQuery] ListEvents query) => Answer(query);

    /// <summary>Shows an event</summary>
    [HttpGet("events/{id:guid}")]
    [UseCase<GetEvent>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<EventDto>> Get(Guid id) => Answer(new GetEvent(id));

    /// <summary>Changes an event that has no result yet</summary>
    [HttpPut("events/{id:guid}")]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<EventDto>> Change(Guid id, [IfMatch] IfMatch ifMatch, ChangeEvent command) =>
        Answer(command with { Id = id, IfMatch = ifMatch });

    /// <summary>Closes an event for forecasts</summary>
    [HttpPost("events/{id:guid}/close")]
    [UseCase<CloseEvent>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<EventDto>> Close(Guid id) => Answer(new CloseEvent(id));

    /// <summary>Sets the result of an event, once</summary>
    /// <remarks>The settlement runs in the background and notifies each forecaster; at the end the status is `settled`.</remarks>
    [HttpPost("events/{id:guid}/result")]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<EventDto>> SetResult(Guid id, SetEventResult command) => Answer(command with { Id = id });

    /// <summary>Deletes an event that has no result yet</summary>
    [HttpDelete("events/{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<DeleteEvent>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> Delete(Guid id, [IfMatch] IfMatch ifMatch) => AnswerNothing(new DeleteEvent(id, ifMatch));

    /// <summary>Restores a deleted event</summary>
    [HttpPost("events/{id:guid}/restore")]
    [UseCase<RestoreEvent>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<EventDto>> Restore(Guid id) => Answer(new RestoreEvent(id));

    /// <summary>Lists the forecasts of all users for an event</summary>
    [HttpGet("events/{id:guid}/forecasts")]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<Page<ForecastDto>>> ListForecasts(Guid id, [FromQuery] ListEventForecasts query) => Answer(query.Of(id));

    /// <summary>Shows the leaderboard of an event</summary>
    [HttpGet("events/{id:guid}/leaderboard")]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<Page<EventRankDto>>> EventLeaderboard(Guid id, [FromQuery] GetEventLeaderboard query) => Answer(query.Of(id));

    /// <summary>Shows the leaderboard of all events</summary>
    [HttpGet("leaderboard")]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<RankDto>>> Leaderboard([FromQuery] GetLeaderboard query) => Answer(query);
}
