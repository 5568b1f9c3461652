using Microsoft.AspNetCore.Mvc;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.SecondFactors;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The caller's authenticator app, recovery codes and passkeys.</summary>
[Route("api/v{version:apiVersion}/users/me")]
[Tags("Users")]
[IgnoresIdempotencyKey]
public sealed class SecondFactorsController(ISender sender) : ApiController(sender)
{
    /// <summary>Shows which second factors and passkeys the caller has</summary>
    [HttpGet("second-factors")]
    [UseCase<GetSecondFactors>]
    [ProducesErrors(503)]
    public Task<ActionResult<SecondFactorsDto>> GetSecondFactors() => Answer(new GetSecondFactors());

    /// <summary>Proves a second factor of the caller again</summary>
    /// <remarks>Then this session may change contact addresses, second factors and logins for `Sessions:FreshFor`.</remarks>
    [HttpPost("second-factors/verify")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [ProducesErrors(404, 422, 503)]
    public Task<ActionResult> ProveSecondFactor(ProveSecondFactor command) => AnswerNothing(command);

    /// <summary>Adds an authenticator app (TOTP)</summary>
    /// <remarks>
    /// Needs a session that is at most `Sessions:FreshFor` old. The answer is shown once, and the app is active after `totp/confirm`,
    /// within an hour.
    /// </remarks>
    [HttpPost("totp")]
    [UseCase<AddTotp>]
    [ProducesErrors(403, 404, 409, 503)]
    public Task<ActionResult<TotpSecretDto>> AddTotp() => Answer(new AddTotp());

    /// <summary>Activates the authenticator app with its first code</summary>
    /// <remarks>The answer has 10 recovery codes, which are shown once. From now on a password alone gives no tokens.</remarks>
    [HttpPost("totp/confirm")]
    [ProducesErrors(503)]
    public Task<ActionResult<RecoveryCodesDto>> ConfirmTotp(ConfirmTotp command) => Answer(command);

    /// <summary>Removes the authenticator app and the recovery codes</summary>
    /// <remarks>Needs a second factor that this session has proved at most `Sessions:FreshFor` ago.</remarks>
    [HttpDelete("totp")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<RemoveTotp>]
    [ProducesErrors(403, 404, 409, 503)]
    public Task<ActionResult> RemoveTotp() => AnswerNothing(new RemoveTotp());

    /// <summary>Makes 10 new recovery codes; the earlier ones become invalid</summary>
    /// <remarks>Needs a second factor that this session has proved at most `Sessions:FreshFor` ago.</remarks>
    [HttpPost("recovery-codes")]
    [UseCase<ReplaceRecoveryCodes>]
    [ProducesErrors(403, 404, 503)]
    public Task<ActionResult<RecoveryCodesDto>> ReplaceRecoveryCodes() => Answer(new ReplaceRecoveryCodes());

    /// <summary>Begins the registration of a passkey</summary>
    /// <remarks>
    /// Give the answer to `PublicKeyCredential.parseCreationOptionsFromJSON()` and `navigator.credentials.create()`. Needs a session that
    /// is at most `Sessions:FreshFor` old; of a user with a second factor, its proof that long ago at most.
    /// </remarks>
    [HttpPost("passkeys/options")]
    [UseCase<StartPasskeyRegistration>]
    [ProducesErrors(403, 404, 409, 422, 503)]
    public Task<ActionResult<PasskeyCreationOptionsDto>> StartPasskeyRegistration() => Answer(new StartPasskeyRegistration());

    /// <summary>Registers a passkey</summary>
    /// <remarks>
    /// The body is what `toJSON()` of the result of `navigator.credentials.create()` gives, with a `name` if the user gives one.
    /// </remarks>
    [HttpPost("passkeys")]
    [ProducesResponseType<PasskeyDto>(StatusCodes.Status201Created)]
    [ProducesErrors(403, 404, 409, 422, 503)]
    public Task<ActionResult<PasskeyDto>> AddPasskey(AddPasskey command) => AnswerCreated(command, _ => "/api/v1/users/me/passkeys");

    /// <summary>Lists the caller's passkeys, oldest first</summary>
    /// <remarks>All of them in one answer: there are at most 20.</remarks>
    [HttpGet("passkeys")]
    [UseCase<ListPasskeys>]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<PasskeyDto>>> ListPasskeys() => Answer(new ListPasskeys());

    /// <summary>Removes a passkey of the caller</summary>
    /// <remarks>
    /// Needs a session that is at most `Sessions:FreshFor` old; of a user with a second factor, its proof that long ago at most. The last
    /// way to sign in can't be removed.
    /// </remarks>
    [HttpDelete("passkeys/{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<RemovePasskey>]
    [ProducesErrors(403, 404, 409, 503)]
    public Task<ActionResult> RemovePasskey(Guid id) => AnswerNothing(new RemovePasskey(id));
}
