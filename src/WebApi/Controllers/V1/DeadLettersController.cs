using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.DeadLetters;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Events that could not be handled and messages that could not be sent; for administrators.</summary>
[Route("api/v{version:apiVersion}/dead-letters")]
[Tags("Dead letters")]
public sealed class DeadLettersController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the dead letters, oldest first</summary>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<DeadLetterDto>>> ListDeadLetters([FromQuery] ListDeadLetters query) => Answer(query);

    /// <summary>Shows a dead letter with its content</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetDeadLetter>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<DeadLetterContentDto>> GetDeadLetter(Guid id) => Answer(new GetDeadLetter(id));

    /// <summary>Asks for a dead letter to be handled or sent again, within some seconds</summary>
    /// <remarks>After a success it is no longer listed; after another failure it is listed with the new reason.</remarks>
    [HttpPost("{id:guid}/replay")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> ReplayDeadLetter(Guid id, ReplayDeadLetter command) => AnswerNothing(command with { Id = id });

    /// <summary>Deletes a dead letter permanently</summary>
    [HttpDelete("{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> DropDeadLetter(Guid id, [FromBody] DropDeadLetter command) => AnswerNothing(command with { Id = id });
}
