using Microsoft.AspNetCore.Mvc;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.WebApi.Cookies;
using Portico.WebApi.Http;
using Portico.WebApi.OAuth;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Sessions of browsers: the tokens stay on the server, and the browser has a cookie.</summary>
[Route("api/v{version:apiVersion}/session")]
[Tags("Browser session")]
[IgnoresIdempotencyKey]
[CookieMode(SignsIn = true)]
public sealed class SessionController(ISender sender) : ApiController(sender)
{
    /// <summary>Says who is signed in by the cookie</summary>
    [HttpGet]
    [UseCase<GetSession>]
    [NeedsCookie]
    [ProducesErrors(403, 503)]
    public Task<ActionResult<BrowserSessionDto>> Get() => Answer(new GetSession());

    /// <summary>Registers a user with an address that a code proves, and sets the cookie</summary>
    /// <remarks>The same as `auth/register`. Needs `X-CSRF: 1` and an `Origin` that is allowed.</remarks>
    [HttpPost("register")]
    [ProducesResponseType<BrowserSessionDto>(StatusCodes.Status201Created)]
    [ProducesErrors(403, 409, 503)]
    public Task<ActionResult> Register(Register command) =>
        Answer(command, tokens => new CookieResult(tokens, StatusCodes.Status201Created));

    /// <summary>Signs in with an address and a password, and sets the cookie</summary>
    /// <remarks>
    /// The same as `auth/login`; the tokens stay on the server. The session that the browser had before ends. Needs `X-CSRF: 1` and an
    /// `Origin` that is allowed.
    /// </remarks>
    [HttpPost("login")]
    [ProducesResponseType<BrowserSessionDto>(StatusCodes.Status200OK)]
    [ProducesResponseType<SignInChallengeDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(401, 403, 503)]
    public Task<ActionResult> LogIn(LogIn command) => Answer(command, CookieOrChallenge);

    /// <summary>Answers a sign-in challenge with a code or a passkey, and sets the cookie</summary>
    /// <remarks>The same as `auth/login/challenge`. Needs `X-CSRF: 1` and an `Origin` that is allowed.</remarks>
    [HttpPost("login/challenge")]
    [ProducesResponseType<BrowserSessionDto>(StatusCodes.Status200OK)]
    [ProducesResponseType<SignInChallengeDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(401, 403, 422, 503)]
    public Task<ActionResult> VerifyChallenge(VerifyChallenge command) => Answer(command, CookieOrChallenge);

    /// <summary>Signs in with a passkey, and sets the cookie</summary>
    /// <remarks>
    /// The same as `auth/passkeys`, after `auth/passkeys/options`. Needs `X-CSRF: 1` and an `Origin` that is allowed.
    /// </remarks>
    [HttpPost("passkeys")]
    [ProducesResponseType<BrowserSessionDto>(StatusCodes.Status200OK)]
    [ProducesErrors(401, 403, 422, 503)]
    public Task<ActionResult> LogInWithPasskey(LogInWithPasskey command) => Answer(command, tokens => new CookieResult(tokens));

    /// <summary>Exchanges the code of a provider's return URL for the cookie</summary>
    /// <remarks>The same as `auth/oauth/exchange`. Needs `X-CSRF: 1` and an `Origin` that is allowed.</remarks>
    [HttpPost("exchange")]
    [ProducesResponseType<BrowserSessionDto>(StatusCodes.Status200OK)]
    [ProducesResponseType<SignInChallengeDto>(StatusCodes.Status202Accepted)]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(401, 403, 404, 409, 422, 503)]
    public Task<ActionResult> Exchange(ExchangeOAuthCode command) =>
        Answer(
            command with { BrowserKey = HttpContext.FindOAuthKey(command.Code) },
            answer => answer.Tokens is { } tokens ? new CookieResult(tokens)
                : answer.Challenge is { } challenge ? Accepted(challenge)
                : NoContent());

    /// <summary>Replaces the cookie by its successor</summary>
    /// <remarks>
    /// Not needed to stay signed in: each use of the session extends it. The cookie before it works until ten seconds after the first use
    /// of the new one; a later use ends the session. Needs `X-CSRF: 1` and an `Origin` that is allowed.
    /// </remarks>
    [HttpPost("refresh")]
    [ProducesResponseType<BrowserSessionDto>(StatusCodes.Status200OK)]
    [UseCase<RefreshSession>]
    [NeedsCookie]
    [ProducesErrors(401, 403, 503)]
    public Task<ActionResult> Refresh() =>
        Answer(new RefreshSession { RefreshToken = HttpContext.RefreshTokenOfCookie() }, tokens => new CookieResult(tokens));

    /// <summary>Ends the session of the cookie, and drops the cookie</summary>
    /// <remarks>
    /// Every tab that listens to `session/events` is told within a second. Needs `X-CSRF: 1` and an `Origin` that is allowed.
    /// </remarks>
    [HttpPost("logout")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<LogOut>]
    [NeedsCookie]
    [ProducesErrors(403, 503)]
    public Task<ActionResult> LogOut() => Answer(new LogOut(), _ => new CookieEndResult());

    /// <summary>Streams the events of the session (server-sent events)</summary>
    /// <remarks>
    /// First `session` with the same data as `GET session`, then comments as heartbeats, and `signedOut` within a second after the session
    /// ended anywhere. The stream ends after some minutes, and `EventSource` connects again. A session has at most 16 streams.
    /// </remarks>
    [HttpGet("events")]
    [Produces(EventStreams.MediaType)]
    [ProducesResponseType<string>(StatusCodes.Status200OK, EventStreams.MediaType)]
    [UseCase<WatchSession>]
    [NeedsCookie]
    [ProducesErrors(403, 503)]
    public Task<ActionResult> Watch() => Answer(new WatchSession(), session => new SessionEventsResult(session));

    private ActionResult CookieOrChallenge(LogInAnswer answer) =>
        answer.Tokens is { } tokens ? new CookieResult(tokens) : Accepted(answer.Challenge);
}
