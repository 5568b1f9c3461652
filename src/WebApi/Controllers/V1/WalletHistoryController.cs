using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Wallets;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The history of wallets, for their owners and for managers. It stays after a wallet is closed.</summary>
[Route("api/v{version:apiVersion}/wallets/{id:guid}")]
[Tags("Wallets")]
public sealed class WalletHistoryController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the entries of a wallet, newest first</summary>
    [HttpGet("entries")]
    [UseCase<ListWalletEntries>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<Page<EntryDto>>> ListEntries(Guid id, [FromQuery] int? limit, [FromQuery] string? cursor) =>
        Answer(new ListWalletEntries { WalletId = id, Limit = limit ?? IPaged.DefaultLimit, Cursor = cursor });

    /// <summary>Shows the balance of a wallet at a time</summary>
    /// <remarks>
    /// `at` includes its whole millisecond, so the `createdAt` of an entry gives the balance with that entry. The default is now.
    /// </remarks>
    [HttpGet("balance")]
    [UseCase<GetWalletBalance>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<WalletBalanceDto>> GetBalance(Guid id, [FromQuery] DateTimeOffset? at) =>
        Answer(new GetWalletBalance { WalletId = id, At = at });

    /// <summary>Shows the statement of a wallet: opening balance, entries, closing balance</summary>
    /// <remarks>
    /// `from` is inclusive, `to` is exclusive; the defaults are the beginning of the wallet and now. `Accept: text/csv` gives a table
    /// (RFC 4180, UTF-8) with the balances in the first and the last row; text that a spreadsheet could read as a formula begins with an
    /// apostrophe. `Accept: text/csv; header=present; bom=1` gives it with a byte order mark, which some spreadsheets need to read UTF-8.
    /// A period begins before it ends, and without `to` not in the future. The answer is streamed and has no length limit: an answer that
    /// breaks off is not complete.
    /// </remarks>
    [HttpGet("statement")]
    [StreamedStatement]
    [Produces("application/json", StatementCsvFormatter.MediaType)]
    [UseCase<GetWalletStatement>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<StatementDto>> GetStatement(Guid id, [FromQuery] DateTimeOffset? from, [FromQuery] DateTimeOffset? to) =>
        Answer(new GetWalletStatement { WalletId = id, From = from, To = to });
}
