using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Holds;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Money that is reserved in one wallet for another.</summary>
[Route("api/v{version:apiVersion}/holds")]
[Tags("Holds")]
public sealed class HoldsController(ISender sender) : ApiController(sender)
{
    /// <summary>Reserves money in a wallet of the caller</summary>
    [HttpPost]
    [ProducesResponseType<HoldDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<HoldDto>> Place(PlaceHold command) => AnswerCreated(command, hold => $"/api/v1/holds/{hold.Id}");

    /// <summary>Shows a hold to its parties</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetHold>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<HoldDto>> Get(Guid id) => Answer(new GetHold(id));

    /// <summary>Captures a hold, completely or in part</summary>
    /// <remarks>The captured amount moves to the wallet that it is held for. The rest stays held.</remarks>
    [HttpPost("{id:guid}/capture")]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<HoldDto>> Capture(Guid id, [FromBody] CaptureHold? command) =>
        Answer((command ?? new CaptureHold()) with { Id = id });

    /// <summary>Voids a hold; the money that is left is available again</summary>
    [HttpPost("{id:guid}/void")]
    [UseCase<VoidHold>]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<HoldDto>> Void(Guid id) => Answer(new VoidHold(id));
}
