using Microsoft.AspNetCore.Mvc;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.SpendingLimits;
using Portico.Application.Users;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Users and their profiles.</summary>
[Route("api/v{version:apiVersion}/users")]
[Tags("Users")]
public sealed class UsersController(ISender sender) : ApiController(sender)
{
    /// <summary>Shows the caller's own profile</summary>
    [HttpGet("me")]
    [UseCase<GetMe>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<UserDto>> GetMe() => Answer(new GetMe());

    /// <summary>Changes the caller's own name, language, time zone or way of codes</summary>
    /// <remarks>
    /// Missing fields stay unchanged. `codeChannel` is for codes that prove the user: at sign-in and for a new password. A code that proves
    /// an address always goes to this address.
    /// </remarks>
    [HttpPatch("me")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<UserDto>> ChangeProfile(ChangeProfile command) => Answer(command);

    /// <summary>Changes the contact address of the caller</summary>
    /// <remarks>
    /// `verify-code` with the reason `changeContact` sends the code to the new address. The old address gets a notification. Sessions
    /// continue. A user with a second factor has proved it in this session at most `Sessions:FreshFor` ago.
    /// </remarks>
    [HttpPut("me/contact")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<UserDto>> ChangeContact(ChangeContact command) => Answer(command);

    /// <summary>Deletes the caller's own account</summary>
    /// <remarks>
    /// All sessions end. The address stays reserved for the retention time, in which an administrator can restore the user.
    /// </remarks>
    [HttpDelete("me")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> DeleteAccount([FromBody] DeleteAccount command) => AnswerNothing(command);

    /// <summary>Shows the spending limits of a user</summary>
    /// <remarks>For the user, and for everybody who may read all wallets. Each limit is for all wallets of its currency together.</remarks>
    [HttpGet("{id:guid}/limits")]
    [UseCase<GetUserLimits>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<SpendingLimitsDto>> GetLimits(Guid id) => Answer(new GetUserLimits(id));

    /// <summary>Replaces the spending limits of a user with a lower role</summary>
    [HttpPut("{id:guid}/limits")]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<SpendingLimitsDto>> SetLimits(Guid id, SetUserLimits command) => Answer(command with { Id = id });

    /// <summary>Lists users, newest first</summary>
    /// <remarks>Deleted users are listed only with the status `deleted`.</remarks>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<AccountDto>>> ListUsers([FromQuery] ListUsers query) => Answer(query);

    /// <summary>Shows any user, deleted or not</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetUser>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<AccountDto>> GetUser(Guid id) => Answer(new GetUser(id));

    /// <summary>Changes the role of a user</summary>
    /// <remarks>The highest named role counts and includes the lower ones; it must be lower than the caller's own role.</remarks>
    [HttpPut("{id:guid}/roles")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<AccountDto>> ChangeRoles(Guid id, ChangeRoles command) => Answer(command with { Id = id });

    /// <summary>Blocks a user and ends all sessions of the user</summary>
    /// <remarks>A user who is already blocked stays blocked with the first reason.</remarks>
    [HttpPost("{id:guid}/block")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<AccountDto>> BlockUser(Guid id, BlockUser command) => Answer(command with { Id = id });

    /// <summary>Unblocks a user</summary>
    [HttpPost("{id:guid}/unblock")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<AccountDto>> UnblockUser(Guid id, [FromBody] UnblockUser? command) =>
        Answer((command ?? new UnblockUser()) with { Id = id });

    /// <summary>Deletes a user and ends all sessions of the user</summary>
    /// <remarks>The user can be restored. The address stays reserved for the retention time.</remarks>
    [HttpDelete("{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> DeleteUser(Guid id, [FromBody] DeleteUser? command) =>
        AnswerNothing((command ?? new DeleteUser()) with { Id = id });

    /// <summary>Restores a deleted user with the former role and status</summary>
    [HttpPost("{id:guid}/restore")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<AccountDto>> RestoreUser(Guid id, [FromBody] RestoreUser? command) =>
        Answer((command ?? new RestoreUser()) with { Id = id });

    /// <summary>Lists the sessions of a user, newest first</summary>
    /// <remarks>These sessions end when the user is blocked or deleted. All of them in one answer.</remarks>
    [HttpGet("{id:guid}/sessions")]
    [UseCase<ListUserSessions>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<Page<SessionDto>>> ListUserSessions(Guid id) => Answer(new ListUserSessions(id));

    /// <summary>Lists the accounts of providers with which a user can sign in</summary>
    [HttpGet("{id:guid}/logins")]
    [UseCase<ListUserLogins>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<Page<LoginDto>>> ListUserLogins(Guid id) => Answer(new ListUserLogins(id));

    /// <summary>Ends all sessions of a user</summary>
    [HttpDelete("{id:guid}/sessions")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> EndUserSessions(Guid id, [FromBody] EndUserSessions? command) =>
        AnswerNothing((command ?? new EndUserSessions()) with { Id = id });

    /// <summary>Removes the second factors and the passkeys of a user who has lost them, and ends all sessions of the user</summary>
    [HttpDelete("{id:guid}/second-factors")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> ResetSecondFactors(Guid id, [FromBody] ResetSecondFactors? command) =>
        AnswerNothing((command ?? new ResetSecondFactors()) with { Id = id });
}
