using Microsoft.AspNetCore.Mvc;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.WebApi.Http;
using Portico.WebApi.OAuth;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Sign-in with providers such as Google.</summary>
[Route("api/v{version:apiVersion}/auth/oauth")]
[Tags("Sign-in")]
[IgnoresIdempotencyKey]
public sealed class OAuthController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the providers with which users can sign in</summary>
    [HttpGet("providers")]
    [UseCase<ListLoginProviders>]
    public Task<ActionResult<Page<LoginProviderDto>>> ListProviders() => Answer(new ListLoginProviders());

    /// <summary>Sends the browser to a provider</summary>
    /// <remarks>
    /// Open it in the browser, not with a request of a script. In the end the browser is at `returnUrl`, with a `code` to exchange, or with
    /// an `error`: `access_denied`, `provider_unavailable` or `sign_in_failed`. A frontend that sends a `codeChallenge` (S256, RFC 7636) is
    /// the only one that can exchange the code. `ticket` stands for a link that a session has begun.
    /// </remarks>
    [HttpGet("{provider}/start")]
    [ProducesResponseType(StatusCodes.Status302Found)]
    [UseCase<StartOAuth>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult> Start(
        string provider, [FromQuery] string? returnUrl, [FromQuery] string? codeChallenge, [FromQuery] string? ticket) =>
        Answer(
            new StartOAuth { Provider = provider, ReturnUrl = returnUrl, CodeChallenge = codeChallenge, Ticket = ticket },
            flow => new OAuthChallengeResult(flow));

    /// <summary>Takes the browser back from a provider</summary>
    /// <remarks>Only providers send browsers here. A state that this browser did not get, or that was used before, is refused.</remarks>
    [HttpGet("{provider}/callback")]
    [ProducesResponseType(StatusCodes.Status302Found)]
    [UseCase<CompleteOAuth>]
    [ProducesErrors(404, 503)]
    public async Task<ActionResult> Return(string provider)
    {
        var read = await HttpContext.ReadOAuth(provider);
        return read.Error is { } error
            ? new HttpErrorResult(HttpError.Of(error))
            : await Answer(read.Value, back => new OAuthReturnResult(back));
    }

    /// <summary>Exchanges the code of the return URL for tokens</summary>
    /// <remarks>
    /// 200 has the tokens of a new session. 202 asks for the code that was sent to the address that the provider gave, as after `login`:
    /// send it to `login/challenge`. 204 means that the account was linked to the caller, whose session began the link.
    /// </remarks>
    [HttpPost("exchange")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status200OK)]
    [ProducesResponseType<SignInChallengeDto>(StatusCodes.Status202Accepted)]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(401, 404, 409, 422, 503)]
    public Task<ActionResult> Exchange(ExchangeOAuthCode command) =>
        Answer(
            command with { BrowserKey = HttpContext.FindOAuthKey(command.Code) },
            answer => answer.Tokens is { } tokens ? Ok(tokens)
                : answer.Challenge is { } challenge ? Accepted(challenge)
                : NoContent());
}
