using Asp.Versioning;
using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Ledger;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The ledger as a whole, for administrators.</summary>
[ApiVersion("1.0")]
[Route("api/v{version:apiVersion}/ledger")]
[Tags("Ledger")]
public sealed class LedgerController(ISender sender) : ApiController(sender)
{
    /// <summary>Shows the trial balance: in each currency debit and credit are equal</summary>
    [HttpGet("trial-balance")]
    [ProducesResponseType<TrialBalanceDto>(StatusCodes.Status200OK)]
    [UseCase<GetTrialBalance>]
    [ProducesErrors(503)]
    public Task<ActionResult<TrialBalanceDto>> GetTrialBalance(CancellationToken cancellationToken) =>
        Answer(new GetTrialBalance(), cancellationToken);

    /// <summary>Recomputes every balance from its postings and shows the first wrong row of each check</summary>
    /// <remarks>
    /// One verification at a time, within `Limits:RequestTimeout`: some seconds for a million postings. For a ledger that needs longer, use
    /// `Migrator ledger verify`, which does the same.
    /// </remarks>
    [HttpGet("verification")]
    [ProducesResponseType<LedgerVerificationDto>(StatusCodes.Status200OK)]
    [UseCase<GetLedgerVerification>]
    [ProducesErrors(409, 503, 504)]
    public Task<ActionResult<LedgerVerificationDto>> GetVerification(CancellationToken cancellationToken) =>
        Answer(new GetLedgerVerification(), cancellationToken);
}
