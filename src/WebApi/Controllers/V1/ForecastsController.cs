using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Records;
using Portico.Application.Forecasts;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The caller's forecasts, one for each event.</summary>
[Route("api/v{version:apiVersion}/forecasts")]
[Tags("Forecasts")]
public sealed class ForecastsController(ISender sender) : ApiController(sender)
{
    /// <summary>Creates a forecast of an open event</summary>
    [HttpPost]
    [ProducesResponseType<ForecastDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<ForecastDto>> Place(PlaceForecast command) =>
        AnswerCreated(command, forecast => $"/api/v1/forecasts/{forecast.Id}");

    /// <summary>Lists the caller's forecasts, newest first</summary>
    [HttpGet]
    [ProducesErrors(403, 503)]
    public Task<ActionResult<Page<ForecastDto>>> List([FromQuery] ListForecasts query) => Answer(query);

    /// <summary>Shows one of the caller's forecasts</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetForecast>]
    [ProducesErrors(403, 404, 503)]
    public Task<ActionResult<ForecastDto>> Get(Guid id, [FromQuery] bool deleted) => Answer(new GetForecast(id, deleted));

    /// <summary>Changes a forecast while its event is open</summary>
    [HttpPut("{id:guid}")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<ForecastDto>> Change(Guid id, [IfMatch] IfMatch ifMatch, ChangeForecast command) =>
        Answer(command with { Id = id, IfMatch = ifMatch });

    /// <summary>Deletes a forecast while its event is open</summary>
    [HttpDelete("{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<DeleteForecast>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> Delete(Guid id, [IfMatch] IfMatch ifMatch) => AnswerNothing(new DeleteForecast(id, ifMatch));

    /// <summary>Restores a forecast that the caller deleted, while its event is open</summary>
    [HttpPost("{id:guid}/restore")]
    [UseCase<RestoreForecast>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<ForecastDto>> Restore(Guid id) => Answer(new RestoreForecast(id));
}
