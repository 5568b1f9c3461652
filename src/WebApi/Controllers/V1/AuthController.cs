using Microsoft.AspNetCore.Mvc;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.ServiceAccounts;
using Portico.WebApi.Cookies;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Registration, sign-in and sessions.</summary>
[Route("api/v{version:apiVersion}/auth")]
[Tags("Sign-in")]
[IgnoresIdempotencyKey]
public sealed class AuthController(ISender sender) : ApiController(sender)
{
    /// <summary>Sends a code to an address</summary>
    /// <remarks>
    /// The answer is the same whether a user has this address or not. The reason `changeContact` needs an access token.
    /// </remarks>
    [HttpPost("verify-code")]
    [ProducesResponseType<CodeSentDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(401, 422, 503)]
    public Task<ActionResult<CodeSentDto>> SendVerificationCode(SendVerificationCode command) => AnswerAccepted(command);

    /// <summary>Registers a user with an address that a code proves</summary>
    [HttpPost("register")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status201Created)]
    [ProducesErrors(409, 503)]
    public Task<ActionResult<TokensDto>> Register(Register command) => AnswerCreated(command, _ => "/api/v1/users/me");

    /// <summary>Signs in with an address and a password</summary>
    /// <remarks>
    /// The answer is 202 for a user who has a second factor: see `methods`. After repeated failures it is 202 too and asks for a code that
    /// was sent to the address (`addressCode`), whether the password was right or not.
    /// </remarks>
    [HttpPost("login")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status200OK)]
    [ProducesResponseType<SignInChallengeDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(401, 503)]
    public Task<ActionResult> LogIn(LogIn command) => Answer(command, TokensOrChallenge);

    /// <summary>Answers a sign-in challenge with a code or a passkey</summary>
    /// <remarks>
    /// After `addressCode` the answer is 202 with the next challenge for a user who has a second factor. For `totpEnrolment` call
    /// `login/totp` first, then answer with the method `totp`.
    /// </remarks>
    [HttpPost("login/challenge")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status200OK)]
    [ProducesResponseType<SignInChallengeDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(401, 422, 503)]
    public Task<ActionResult> VerifyChallenge(VerifyChallenge command) => Answer(command, TokensOrChallenge);

    /// <summary>Adds an authenticator app in a sign-in that needs one</summary>
    /// <remarks>
    /// For a challenge with the method `totpEnrolment`: the role of the user needs a second factor, and the user has none. Show the QR code
    /// and the recovery codes, then send the first code to `login/challenge` with the method `totp`. Before that nothing is active.
    /// </remarks>
    [HttpPost("login/totp")]
    [ProducesErrors(409, 503)]
    public Task<ActionResult<TotpEnrolmentDto>> EnrolTotp(EnrolTotp command) => Answer(command);

    /// <summary>Begins a sign-in with a passkey</summary>
    /// <remarks>
    /// Give the answer to `PublicKeyCredential.parseRequestOptionsFromJSON()` and `navigator.credentials.get()`. With an access token, only
    /// a passkey of the caller answers the challenge.
    /// </remarks>
    [HttpPost("passkeys/options")]
    [UseCase<StartPasskeyLogIn>]
    [ProducesErrors(422, 503)]
    public Task<ActionResult<PasskeyRequestOptionsDto>> StartPasskeyLogIn() => Answer(new StartPasskeyLogIn());

    /// <summary>Signs in with a passkey, without a password</summary>
    /// <remarks>The body is what `toJSON()` of the result of `navigator.credentials.get()` gives.</remarks>
    [HttpPost("passkeys")]
    [ProducesErrors(401, 422, 503)]
    public Task<ActionResult<TokensDto>> LogInWithPasskey(LogInWithPasskey command) => Answer(command);

    /// <summary>Continues a session</summary>
    /// <remarks>Use a refresh token once; the answer contains the next one.</remarks>
    [HttpPost("refresh")]
    [ProducesErrors(401, 503)]
    public Task<ActionResult<TokensDto>> Refresh(RefreshSession command) => Answer(command);

    /// <summary>Changes the caller's password, and ends all other sessions</summary>
    /// <remarks>
    /// The session of the access token continues with the tokens of the answer. A browser that has the cookie of a session gets another
    /// cookie instead, and an answer as from `GET session`.
    /// </remarks>
    [HttpPost("update-password")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status200OK)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> UpdatePassword(UpdatePassword command) => Answer(command, HttpContext.TokensOrCookie);

    /// <summary>Sends a code for a new password</summary>
    /// <remarks>The answer is the same whether a user has this address or not; a code is sent only to a user.</remarks>
    [HttpPost("reset-password")]
    [ProducesResponseType<CodeSentDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(422, 503)]
    public Task<ActionResult<CodeSentDto>> ResetPassword(ResetPassword command) => AnswerAccepted(command);

    /// <summary>Sets a new password with a code, and ends all sessions</summary>
    [HttpPost("confirm-reset-password")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(503)]
    public Task<ActionResult> ConfirmPasswordReset(ConfirmPasswordReset command) => AnswerNothing(command);

    /// <summary>Ends the session of the access token</summary>
    [HttpPost("logout")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<LogOut>]
    [ProducesErrors(503)]
    public Task<ActionResult> LogOut() => AnswerNothing(new LogOut());

    /// <summary>Lists the caller's sessions, newest first</summary>
    /// <remarks>All of them in one answer: there are at most `Sessions:MaxPerUser`.</remarks>
    [HttpGet("sessions")]
    [UseCase<ListSessions>]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<SessionDto>>> ListSessions() => Answer(new ListSessions());

    /// <summary>Ends one of the caller's sessions</summary>
    [HttpDelete("sessions/{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<EndSession>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult> EndSession(Guid id) => AnswerNothing(new EndSession(id));

    /// <summary>Ends all sessions of the caller except the current one</summary>
    [HttpDelete("sessions")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<EndOtherSessions>]
    [ProducesErrors(503)]
    public Task<ActionResult> EndOtherSessions() => AnswerNothing(new EndOtherSessions());

    /// <summary>Issues an access token to a service account (OAuth 2.0 client credentials)</summary>
    /// <remarks>
    /// The body is JSON, or a form as in RFC 6749, 4.4. The client id and the secret may be in an Authorization header (`Basic`) instead.
    /// The token has no session and no refresh token. Ask again before it expires.
    /// </remarks>
    [HttpPost("token")]
    [TokenEndpoint]
    [ProducesErrors(401, 503)]
    public Task<ActionResult<ServiceTokenDto>> IssueServiceToken(IssueServiceToken command) =>
        Answer(
            // Some clients repeat their id in the body.
            command.ClientSecret is null && BasicCredentials.Find(Request) is { } client && (command.ClientId ?? client.Id) == client.Id
                ? command with { ClientId = client.Id, ClientSecret = client.Secret }
                : command);

    /// <summary>Shows the claims of the access token if it is still valid</summary>
    [HttpGet("check")]
    [UseCase<CheckToken>]
    public Task<ActionResult<TokenCheckDto>> Check() => Answer(new CheckToken());

    private ActionResult TokensOrChallenge(LogInAnswer answer) =>
        answer.Challenge is { } challenge ? Accepted(challenge) : Ok(answer.Tokens);
}
