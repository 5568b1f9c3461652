using Asp.Versioning;
using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Wallets;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>What happened in wallets, for their owners and for managers. It stays when a wallet is closed.</summary>
[ApiVersion("1.0")]
[Route("api/v{version:apiVersion}/wallets/{id:guid}")]
[Tags("Wallets")]
public sealed class WalletHistoryController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists what happened in a wallet, the newest first</summary>
    [HttpGet("entries")]
    [ProducesResponseType<Page<EntryDto>>(StatusCodes.Status200OK)]
    [UseCase<ListWalletEntries>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<Page<EntryDto>>> ListEntries(
        Guid id, [FromQuery] int? limit, [FromQuery] string? cursor, CancellationToken cancellationToken) =>
        Answer(new ListWalletEntries { WalletId = id, Limit = limit ?? IPaged.DefaultLimit, Cursor = cursor }, cancellationToken);

    /// <summary>Shows what a wallet held at an instant</summary>
    /// <remarks>
    /// `at` means its whole millisecond, so the `createdAt` of an entry gives the balance with that entry; without it, it is now.
    /// </remarks>
    [HttpGet("balance")]
    [ProducesResponseType<WalletBalanceDto>(StatusCodes.Status200OK)]
    [UseCase<GetWalletBalance>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<WalletBalanceDto>> GetBalance(Guid id, [FromQuery] DateTimeOffset? at, CancellationToken cancellationToken) =>
        Answer(new GetWalletBalance { WalletId = id, At = at }, cancellationToken);

    /// <summary>Shows the statement of a wallet: opening balance, entries, closing balance</summary>
    /// <remarks>
    /// `from` is inside the span of time, `to` is not; left out they are the beginning and now. `Accept: text/csv` gives a table (RFC 4180,
    /// UTF-8) whose first and last row are the balances; text that a spreadsheet would take for a formula begins with an apostrophe.
    /// It is sent as it is read, however long it is: an answer that breaks off is not complete.
    /// </remarks>
    [HttpGet("statement")]
    [StreamedStatement]
    [Produces("application/json", StatementCsvFormatter.MediaType)]
    [ProducesResponseType<StatementDto>(StatusCodes.Status200OK)]
    [UseCase<GetWalletStatement>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<StatementDto>> GetStatement(
        Guid id, [FromQuery] DateTimeOffset? from, [FromQuery] DateTimeOffset? to, CancellationToken cancellationToken) =>
        Answer(new GetWalletStatement { WalletId = id, From = from, To = to }, cancellationToken);
}
