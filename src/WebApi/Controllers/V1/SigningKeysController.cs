using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.SigningKeys;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The keys that sign access tokens; for administrators.</summary>
[Route("api/v{version:apiVersion}/signing-keys")]
[Tags("Signing keys")]
public sealed class SigningKeysController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the signing keys, the oldest first</summary>
    /// <remarks>All of them in one answer, without their private halves.</remarks>
    [HttpGet]
    [UseCase<ListSigningKeys>]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<SigningKeyDto>>> ListSigningKeys() => Answer(new ListSigningKeys());

    /// <summary>Retires the current key and signs with the next one now, before its time</summary>
    /// <remarks>Tokens of the retired key stay valid. The next key must have been published for `Tokens:SigningKeyLead`.</remarks>
    [HttpPost("rotate")]
    [ProducesErrors(409, 503)]
    public Task<ActionResult<SigningKeyChangesDto>> RotateSigningKeys(RotateSigningKeys command) => Answer(command);

    /// <summary>Removes the next key, or in an emergency any key</summary>
    /// <remarks>
    /// With `emergency` all access tokens of all users become invalid at once, also those of the caller; sessions go on. It changes the row
    /// of each user: with many users, use `Migrator keys drop --emergency`, which waits longer than a request may.
    /// </remarks>
    [HttpDelete("{id}")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<SigningKeyChangesDto>> DropSigningKey(string id, [FromBody] DropSigningKey command) =>
        Answer(command with { Id = id });
}
