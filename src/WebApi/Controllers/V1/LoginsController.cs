using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Users;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The accounts of providers with which the caller signs in.</summary>
[Route("api/v{version:apiVersion}/users/me/logins")]
[Tags("Users")]
[IgnoresIdempotencyKey]
public sealed class LoginsController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the accounts of providers with which the caller can sign in</summary>
    /// <remarks>All of them in one answer: there is at most one for each provider.</remarks>
    [HttpGet]
    [UseCase<ListLogins>]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<LoginDto>>> ListLogins() => Answer(new ListLogins());

    /// <summary>Begins to link an account of a provider to the caller</summary>
    /// <remarks>
    /// Needs a session that is at most `Sessions:FreshFor` old; of a user with a second factor, its proof that long ago at most. Open
    /// `redirectUrl` in the browser; it comes back to `returnUrl` with a code. Exchange the code with the access token of the same session:
    /// then the account is linked. A link that fails ends no session.
    /// </remarks>
    [HttpPost]
    [ProducesErrors(403, 404, 503)]
    public Task<ActionResult<LinkStartedDto>> LinkLogin(LinkLogin command) => Answer(command);

    /// <summary>Unlinks the account of a provider from the caller</summary>
    /// <remarks>
    /// Needs a session that is at most `Sessions:FreshFor` old; of a user with a second factor, its proof that long ago at most. The last
    /// way to sign in can't be removed: without a password and a passkey another account must be linked.
    /// </remarks>
    [HttpDelete("{provider}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<UnlinkLogin>]
    [ProducesErrors(403, 404, 409, 503)]
    public Task<ActionResult> UnlinkLogin(string provider) => AnswerNothing(new UnlinkLogin(provider));
}
