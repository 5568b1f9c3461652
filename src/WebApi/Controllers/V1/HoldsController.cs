using Asp.Versioning;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Portico.Application.Common.Messaging;
using Portico.Application.Holds;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Money that is reserved in one wallet for another.</summary>
[ApiVersion("1.0")]
[Route("api/v{version:apiVersion}/holds")]
[Tags("Holds")]
public sealed class HoldsController(ISender sender) : ApiController(sender)
{
    /// <summary>Reserves money in a wallet of the caller</summary>
    [HttpPost]
    [ProducesResponseType<HoldDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<HoldDto>> Place(PlaceHold command, CancellationToken cancellationToken) =>
        AnswerCreated(command, hold => $"/api/v1/holds/{hold.Id}", cancellationToken);

    /// <summary>Shows a hold to its parties</summary>
    [HttpGet("{id:guid}")]
    [ProducesResponseType<HoldDto>(StatusCodes.Status200OK)]
    [UseCase<GetHold>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<HoldDto>> Get(Guid id, CancellationToken cancellationToken) => Answer(new GetHold(id), cancellationToken);

    /// <summary>Moves what is held to where it is held for, in whole or in part</summary>
    /// <remarks>What is left stays reserved.</remarks>
    [HttpPost("{id:guid}/capture")]
    [ProducesResponseType<HoldDto>(StatusCodes.Status200OK)]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<HoldDto>> Capture(
        Guid id, [FromBody(EmptyBodyBehavior = EmptyBodyBehavior.Allow)] CaptureHold? command, CancellationToken cancellationToken) =>
        Answer((command ?? new CaptureHold()) with { Id = id }, cancellationToken);

    /// <summary>Ends a hold and frees what is left of it</summary>
    [HttpPost("{id:guid}/void")]
    [ProducesResponseType<HoldDto>(StatusCodes.Status200OK)]
    [UseCase<VoidHold>]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<HoldDto>> Void(Guid id, CancellationToken cancellationToken) => Answer(new VoidHold(id), cancellationToken);
}
