using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Records;
using Portico.Application.SpendingLimits;
using Portico.Application.Wallets;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The caller's wallets, each of one currency.</summary>
[Route("api/v{version:apiVersion}/wallets")]
[Tags("Wallets")]
public sealed class WalletsController(ISender sender) : ApiController(sender)
{
    /// <summary>Opens a wallet</summary>
    [HttpPost]
    [ProducesResponseType<WalletDto>(StatusCodes.Status201Created)]
    [ProducesErrors(409, 503)]
    public Task<ActionResult<WalletDto>> Open(OpenWallet command) => AnswerCreated(command, wallet => $"/api/v1/wallets/{wallet.Id}");

    /// <summary>Lists the caller's wallets, newest first</summary>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<WalletDto>>> List([FromQuery] ListWallets query) => Answer(query);

    /// <summary>Shows one of the caller's wallets with its current balance</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetWallet>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<WalletDto>> Get(Guid id) => Answer(new GetWallet(id));

    /// <summary>Renames one of the caller's wallets</summary>
    [HttpPatch("{id:guid}")]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult<WalletDto>> Rename(Guid id, [IfMatch] IfMatch ifMatch, RenameWallet command) =>
        Answer(command with { Id = id, IfMatch = ifMatch });

    /// <summary>Closes and deletes one of the caller's wallets</summary>
    /// <remarks>The wallet must be empty and hold nothing. Its history stays.</remarks>
    [HttpDelete("{id:guid}")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    [UseCase<CloseWallet>]
    [ProducesErrors(404, 409, 503)]
    public Task<ActionResult> Close(Guid id, [IfMatch] IfMatch ifMatch) => AnswerNothing(new CloseWallet(id, ifMatch));

    /// <summary>Shows the spending limit of a wallet</summary>
    /// <remarks>For its owner, and for everybody who may read all wallets. A limit of the owner may apply too.</remarks>
    [HttpGet("{id:guid}/limits")]
    [UseCase<GetWalletLimits>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<SpendingLimitDto>> GetLimits(Guid id) => Answer(new GetWalletLimits(id));

    /// <summary>Replaces the spending limit of a wallet whose owner has a lower role</summary>
    [HttpPut("{id:guid}/limits")]
    [ProducesErrors(404, 409, 422, 503)]
    public Task<ActionResult<SpendingLimitDto>> SetLimits(Guid id, SetWalletLimits command) => Answer(command with { Id = id });
}
