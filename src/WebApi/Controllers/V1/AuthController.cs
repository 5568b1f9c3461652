using Asp.Versioning;
using Microsoft.AspNetCore.Mvc;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Signing up, signing in and sessions.</summary>
[ApiVersion("1.0")]
[Route("api/v{version:apiVersion}/auth")]
[Tags("Sign-in")]
[IgnoresIdempotencyKey]
public sealed class AuthController(ISender sender) : ApiController(sender)
{
    /// <summary>Sends a code to an address</summary>
    /// <remarks>
    /// The answer is the same whether or not somebody has signed up with the address. To change a contact needs an access token.
    /// </remarks>
    [HttpPost("verify-code")]
    [ProducesResponseType<CodeSentDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(401, 422, 503)]
    public Task<ActionResult<CodeSentDto>> SendVerificationCode(SendVerificationCode command, CancellationToken cancellationToken) =>
        AnswerAccepted(command, cancellationToken);

    /// <summary>Signs up with an address that a code proves</summary>
    [HttpPost("register")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status201Created)]
    [ProducesErrors(409, 503)]
    public Task<ActionResult<TokensDto>> Register(Register command, CancellationToken cancellationToken) =>
        AnswerCreated(command, _ => "/api/v1/users/me", cancellationToken);

    /// <summary>Signs in with an address and a password</summary>
    /// <remarks>After repeated failures the answer is 202 and asks for a second proof, whether or not the password was right.</remarks>
    [HttpPost("login")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status200OK)]
    [ProducesResponseType<SignInChallengeDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(401, 503)]
    public Task<ActionResult> LogIn(LogIn command, CancellationToken cancellationToken) =>
        Answer(command, answer => answer.Challenge is { } challenge ? Accepted(challenge) : Ok(answer.Tokens), cancellationToken);

    /// <summary>Signs in with the second proof that was asked for</summary>
    [HttpPost("login/challenge")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status200OK)]
    [ProducesErrors(401, 503)]
    public Task<ActionResult<TokensDto>> VerifyChallenge(VerifyChallenge command, CancellationToken cancellationToken) =>
        Answer(command, cancellationToken);

    /// <summary>Continues a session</summary>
    /// <remarks>A refresh token is used once; the answer brings the next one.</remarks>
    [HttpPost("refresh")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status200OK)]
    [ProducesErrors(401, 503)]
    public Task<ActionResult<TokensDto>> Refresh(RefreshSession command, CancellationToken cancellationToken) =>
        Answer(command, cancellationToken);

    /// <summary>Changes the caller's password, and ends all their other sessions</summary>
    /// <remarks>The session of the access token goes on with the tokens of the answer.</remarks>
    [HttpPost("update-password")]
    [ProducesResponseType<TokensDto>(StatusCodes.Status200OK)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<TokensDto>> UpdatePassword(UpdatePassword command, CancellationToken cancellationToken) =>
        Answer(command, cancellationToken);

    /// <summary>Sends a code that sets another password</summary>
    /// <remarks>The answer is the same whether or not somebody has signed up with the address; only an account is sent a code.</remarks>
    [HttpPost("reset-password")]
    [ProducesResponseType<CodeSentDto>(StatusCodes.Status202Accepted)]
    [ProducesErrors(422, 503)]
    public Task<ActionResult<CodeSentDto>> ResetPassword(ResetPassword command, CancellationToken cancellationToken) =>
        AnswerAccepted(command, cancellationToken);

    /// <summary>Sets another password with a code, and ends all sessions</summary>
    [HttpPost("confirm-reset-password")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(503)]
    public Task<ActionResult> ConfirmPasswordReset(ConfirmPasswordReset command, CancellationToken cancellationToken) =>
        AnswerNothing(command, cancellationToken);

    /// <summary>Ends the session of the access token</summary>
    [HttpPost("logout")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<LogOut>]
    [ProducesErrors(503)]
    public Task<ActionResult> LogOut(CancellationToken cancellationToken) => AnswerNothing(new LogOut(), cancellationToken);

    /// <summary>Lists the caller's sessions, the newest first</summary>
    /// <remarks>All of them at once: there are never more than `Sessions:MaxPerUser`.</remarks>
    [HttpGet("sessions")]
    [ProducesResponseType<Page<SessionDto>>(StatusCodes.Status200OK)]
    [UseCase<ListSessions>]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<SessionDto>>> ListSessions(CancellationToken cancellationToken) =>
        Answer(new ListSessions(), cancellationToken);

    /// <summary>Ends one of the caller's sessions</summary>
    [HttpDelete("sessions/{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<EndSession>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult> EndSession(Guid id, CancellationToken cancellationToken) =>
        AnswerNothing(new EndSession(id), cancellationToken);

    /// <summary>Ends all of the caller's sessions but this one</summary>
    [HttpDelete("sessions")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<EndOtherSessions>]
    [ProducesErrors(503)]
    public Task<ActionResult> EndOtherSessions(CancellationToken cancellationToken) =>
        AnswerNothing(new EndOtherSessions(), cancellationToken);

    /// <summary>Tells what the access token says, and that it is still good</summary>
    [HttpGet("check")]
    [ProducesResponseType<TokenCheckDto>(StatusCodes.Status200OK)]
    [UseCase<CheckToken>]
    public Task<ActionResult<TokenCheckDto>> Check(CancellationToken cancellationToken) => Answer(new CheckToken(), cancellationToken);
}
