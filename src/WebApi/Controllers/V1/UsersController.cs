using Asp.Versioning;
using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Users;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>People and their profiles.</summary>
[ApiVersion("1.0")]
[Route("api/v{version:apiVersion}/users")]
[Tags("Users")]
public sealed class UsersController(ISender sender) : ApiController(sender)
{
    /// <summary>Shows the caller's own profile</summary>
    [HttpGet("me")]
    [ProducesResponseType<UserDto>(StatusCodes.Status200OK)]
    [UseCase<GetMe>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<UserDto>> GetMe(CancellationToken cancellationToken) => Answer(new GetMe(), cancellationToken);

    /// <summary>Changes the caller's own name or language</summary>
    /// <remarks>What is left out stays as it was.</remarks>
    [HttpPatch("me")]
    [ProducesResponseType<UserDto>(StatusCodes.Status200OK)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<UserDto>> ChangeProfile(ChangeProfile command, CancellationToken cancellationToken) =>
        Answer(command, cancellationToken);

    /// <summary>Changes the address or number that the caller signs in with</summary>
    /// <remarks>
    /// The code was sent to the new one by `verify-code` with the reason `changeContact`. The old one is told. Sessions go on.
    /// </remarks>
    [HttpPut("me/contact")]
    [ProducesResponseType<UserDto>(StatusCodes.Status200OK)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<UserDto>> ChangeContact(ChangeContact command, CancellationToken cancellationToken) =>
        Answer(command, cancellationToken);

    /// <summary>Deletes the caller's own account</summary>
    /// <remarks>
    /// All their sessions end. The address stays theirs for the retention time, in which an administrator can restore them.
    /// </remarks>
    [HttpDelete("me")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> DeleteAccount([FromBody] DeleteAccount command, CancellationToken cancellationToken) =>
        AnswerNothing(command, cancellationToken);

    /// <summary>Lists people, the newest first</summary>
    /// <remarks>Those who are deleted are listed by their status only.</remarks>
    [HttpGet]
    [ProducesResponseType<Page<AccountDto>>(StatusCodes.Status200OK)]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<AccountDto>>> ListUsers([FromQuery] ListUsers query, CancellationToken cancellationToken) =>
        Answer(query, cancellationToken);

    /// <summary>Shows any person, deleted or not</summary>
    [HttpGet("{id:guid}")]
    [ProducesResponseType<AccountDto>(StatusCodes.Status200OK)]
    [UseCase<GetUser>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<AccountDto>> GetUser(Guid id, CancellationToken cancellationToken) =>
        Answer(new GetUser(id), cancellationToken);

    /// <summary>Gives a person another rank</summary>
    /// <remarks>The highest of the roles counts and implies the lower ones; it must be below the caller's own.</remarks>
    [HttpPut("{id:guid}/roles")]
    [ProducesResponseType<AccountDto>(StatusCodes.Status200OK)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<AccountDto>> ChangeRoles(Guid id, ChangeRoles command, CancellationToken cancellationToken) =>
        Answer(command with { Id = id }, cancellationToken);

    /// <summary>Keeps a person out and ends their sessions</summary>
    /// <remarks>One who is blocked already stays so, for the first reason.</remarks>
    [HttpPost("{id:guid}/block")]
    [ProducesResponseType<AccountDto>(StatusCodes.Status200OK)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<AccountDto>> BlockUser(Guid id, BlockUser command, CancellationToken cancellationToken) =>
        Answer(command with { Id = id }, cancellationToken);

    /// <summary>Lets a blocked person sign in again</summary>
    [HttpPost("{id:guid}/unblock")]
    [ProducesResponseType<AccountDto>(StatusCodes.Status200OK)]
    [UseCase<UnblockUser>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<AccountDto>> UnblockUser(Guid id, CancellationToken cancellationToken) =>
        Answer(new UnblockUser(id), cancellationToken);

    /// <summary>Deletes a person and ends their sessions</summary>
    /// <remarks>They can be restored. Their address stays theirs for the retention time.</remarks>
    [HttpDelete("{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<DeleteUser>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> DeleteUser(Guid id, CancellationToken cancellationToken) =>
        AnswerNothing(new DeleteUser(id), cancellationToken);

    /// <summary>Brings a deleted person back, with the role and the standing that they had</summary>
    [HttpPost("{id:guid}/restore")]
    [ProducesResponseType<AccountDto>(StatusCodes.Status200OK)]
    [UseCase<RestoreUser>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<AccountDto>> RestoreUser(Guid id, CancellationToken cancellationToken) =>
        Answer(new RestoreUser(id), cancellationToken);

    /// <summary>Signs a person out everywhere</summary>
    [HttpDelete("{id:guid}/sessions")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<EndUserSessions>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> EndUserSessions(Guid id, CancellationToken cancellationToken) =>
        AnswerNothing(new EndUserSessions(id), cancellationToken);
}
