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
    [Refuses(404, 503)]
    public Task<ActionResult<UserDto>> GetMe(CancellationToken cancellationToken) => Answer(new GetMe(), cancellationToken);

    /// <summary>Changes the caller's own name or language</summary>
    /// <remarks>What is left out stays as it was.</remarks>
    [HttpPatch("me")]
    [ProducesResponseType<UserDto>(StatusCodes.Status200OK)]
    [Refuses(404, 409, 503)]
    public Task<ActionResult<UserDto>> ChangeProfile(ChangeProfile command, CancellationToken cancellationToken) => Answer(command, cancellationToken);

    /// <summary>Changes the address or number that the caller signs in with</summary>
    /// <remarks>
    /// The code was sent to the new one by `verify-code` with the reason `changeContact`. The old ones are told. Sessions go on.
    /// </remarks>
    [HttpPut("me/contact")]
    [ProducesResponseType<UserDto>(StatusCodes.Status200OK)]
    [Refuses(404, 409, 429, 503)]
    public Task<ActionResult<UserDto>> ChangeContact(ChangeContact command, CancellationToken cancellationToken) => Answer(command, cancellationToken);

    /// <summary>Lists people, the newest first</summary>
    [HttpGet]
    [ProducesResponseType<Page<UserDto>>(StatusCodes.Status200OK)]
    [Refuses(503)]
    public Task<ActionResult<Page<UserDto>>> ListUsers([FromQuery] ListUsers query, CancellationToken cancellationToken) =>
        Answer(query, cancellationToken);

    /// <summary>Shows any person's profile</summary>
    [HttpGet("{id:guid}")]
    [ProducesResponseType<UserDto>(StatusCodes.Status200OK)]
    [UseCase<GetUser>]
    [Refuses(404, 503)]
    public Task<ActionResult<UserDto>> GetUser(Guid id, CancellationToken cancellationToken) => Answer(new GetUser(id), cancellationToken);
}
