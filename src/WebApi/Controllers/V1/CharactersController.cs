using Microsoft.AspNetCore.Mvc;
using Portico.Application.Characters;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Records;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The caller's game characters.</summary>
[Route("api/v{version:apiVersion}/characters")]
[Tags("Characters")]
public sealed class CharactersController(ISender sender) : ApiController(sender)
{
    /// <summary>Creates a character</summary>
    [HttpPost]
    [ProducesResponseType<CharacterDto>(StatusCodes.Status201Created)]
    [ProducesErrors(409, 503)]
    public Task<ActionResult<CharacterDto>> Create(CreateCharacter command) =>
        AnswerCreated(command, character => $"/api/v1/characters/{character.Id}");

    /// <summary>Lists the caller's characters, newest first</summary>
    [HttpGet]
    [ProducesErrors(403, 503)]
    public Task<ActionResult<Page<CharacterDto>>> List([FromQuery] ListCharacters query) => Answer(query);

    /// <summary>Shows one of the caller's characters</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetCharacter>]
    [ProducesErrors(403, 404, 503)]
    public Task<ActionResult<CharacterDto>> Get(Guid id, [FromQuery] bool deleted) => Answer(new GetCharacter(id, deleted));

    /// <summary>Changes one of the caller's characters</summary>
    [HttpPut("{id:guid}")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<CharacterDto>> Change(Guid id, [IfMatch] IfMatch ifMatch, ChangeCharacter command) =>
        Answer(command with { Id = id, IfMatch = ifMatch });

    /// <summary>Deletes one of the caller's characters</summary>
    /// <remarks>It can be restored until it is purged.</remarks>
    [HttpDelete("{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<DeleteCharacter>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> Delete(Guid id, [IfMatch] IfMatch ifMatch) => AnswerNothing(new DeleteCharacter(id, ifMatch));

    /// <summary>Restores a character that the caller deleted</summary>
    [HttpPost("{id:guid}/restore")]
    [UseCase<RestoreCharacter>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<CharacterDto>> Restore(Guid id) => Answer(new RestoreCharacter(id));
}
