using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.ServiceAccounts;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Accounts of other services; for administrators.</summary>
[Route("api/v{version:apiVersion}/service-accounts")]
[Tags("Service accounts")]
public sealed class ServiceAccountsController(ISender sender) : ApiController(sender)
{
    /// <summary>Creates a service account; it has no secret yet</summary>
    [HttpPost]
    [ProducesResponseType<ServiceAccountDto>(StatusCodes.Status201Created)]
    [ProducesErrors(409, 503)]
    public Task<ActionResult<ServiceAccountDto>> Create(CreateServiceAccount command) =>
        AnswerCreated(command, _ => "/api/v1/service-accounts");

    /// <summary>Lists the service accounts with their valid secrets, oldest first</summary>
    /// <remarks>All of them in one answer: there are at most 100.</remarks>
    [HttpGet]
    [UseCase<ListServiceAccounts>]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<ServiceAccountDto>>> List() => Answer(new ListServiceAccounts());

    /// <summary>Adds a secret, which is shown this once</summary>
    /// <remarks>
    /// The secret before it ends after `overlapHours`, or earlier when it expires, so a service can change to the new one without a pause.
    /// With `overlapHours` 0 it ends now, and its access tokens with it.
    /// </remarks>
    [HttpPost("{id:guid}/secrets")]
    // An answer with a secret is not stored.
    [IgnoresIdempotencyKey]
    [ProducesResponseType<NewServiceSecretDto>(StatusCodes.Status201Created)]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<NewServiceSecretDto>> AddSecret(Guid id, AddServiceSecret command) =>
        AnswerCreated(command with { AccountId = id }, _ => "/api/v1/service-accounts");

    /// <summary>Removes a secret, and ends its access tokens</summary>
    [HttpDelete("{id:guid}/secrets/{secretId:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<RemoveServiceSecret>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult> RemoveSecret(Guid id, Guid secretId) => AnswerNothing(new RemoveServiceSecret(id, secretId));

    /// <summary>Deletes a service account with its secrets, and ends its access tokens</summary>
    [HttpDelete("{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<DeleteServiceAccount>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult> Delete(Guid id) => AnswerNothing(new DeleteServiceAccount(id));
}
