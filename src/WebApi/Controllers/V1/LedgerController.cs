using Asp.Versioning;
using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Ledger;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The books as a whole, for administrators.</summary>
[ApiVersion("1.0")]
[Route("api/v{version:apiVersion}/ledger")]
[Tags("Ledger")]
public sealed class LedgerController(ISender sender) : ApiController(sender)
{
    /// <summary>Adds up all accounts: in each currency debit and credit are the same</summary>
    [HttpGet("trial-balance")]
    [ProducesResponseType<TrialBalanceDto>(StatusCodes.Status200OK)]
    [UseCase<GetTrialBalance>]
    [ProducesErrors(503)]
    public Task<ActionResult<TrialBalanceDto>> GetTrialBalance(CancellationToken cancellationToken) =>
        Answer(new GetTrialBalance(), cancellationToken);

    /// <summary>Recomputes every balance from its postings and names the first row that is wrong</summary>
    /// <remarks>
    /// One at a time, within `Limits:RequestTimeout`: some seconds for a million postings. A ledger that needs longer is verified by
    /// `Migrator ledger verify`, which does the same.
    /// </remarks>
    [HttpGet("verification")]
    [ProducesResponseType<LedgerVerificationDto>(StatusCodes.Status200OK)]
    [UseCase<GetLedgerVerification>]
    [ProducesErrors(409, 503, 504)]
    public Task<ActionResult<LedgerVerificationDto>> GetVerification(CancellationToken cancellationToken) =>
        Answer(new GetLedgerVerification(), cancellationToken);
}
