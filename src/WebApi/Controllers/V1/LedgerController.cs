using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Ledger;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The ledger as a whole, and the hash chain over it.</summary>
[Route("api/v{version:apiVersion}/ledger")]
[Tags("Ledger")]
[IgnoresIdempotencyKey]
public sealed class LedgerController(ISender sender) : ApiController(sender)
{
    /// <summary>Shows the trial balance: in each currency debit and credit are equal</summary>
    [HttpGet("trial-balance")]
    [UseCase<GetTrialBalance>]
    [ProducesErrors(503)]
    public Task<ActionResult<TrialBalanceDto>> GetTrialBalance() => Answer(new GetTrialBalance());

    /// <summary>Recomputes every balance from its postings and shows the first wrong row of each check</summary>
    /// <remarks>
    /// One verification at a time, within `Limits:RequestTimeout`: some seconds for a million postings. For a ledger that needs longer, use
    /// `Migrator ledger verify`, which does the same.
    /// </remarks>
    [HttpGet("verification")]
    [UseCase<GetLedgerVerification>]
    [ProducesErrors(409, 503, 504)]
    public Task<ActionResult<LedgerVerificationDto>> GetVerification() => Answer(new GetLedgerVerification());

    /// <summary>Lists the signed heads of the hash chain, newest first</summary>
    /// <remarks>Keep them: a receipt is verified with the key of a head, and a history that was changed has other hashes.</remarks>
    [HttpGet("heads")]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<HeadDto>>> ListHeads([FromQuery] ListHeads query) => Answer(query);

    /// <summary>Checks a receipt, for anyone</summary>
    /// <remarks>Portico checks the proof and the signature, and that the head is one of its chain.</remarks>
    [HttpPost("receipts/verify")]
    [ProducesErrors(503)]
    public Task<ActionResult<ReceiptCheckDto>> CheckReceipt(CheckReceipt query) => Answer(query);
}
