using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Reconciliations;
using Portico.Domain.Payments;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>Reports of payment providers, compared with the ledger.</summary>
[Route("api/v{version:apiVersion}/ledger/reconciliations")]
[Tags("Ledger")]
public sealed class ReconciliationsController(ISender sender) : ApiController(sender)
{
    /// <summary>Compares a provider's report of a period with the clearing account of the provider</summary>
    /// <remarks>
    /// The body is the file: of Stripe the itemized report "Balance change from activity", of YooKassa the registries of payments and of
    /// refunds. It has at most `Limits:MaxReportBytes`. The answer has the first 100 differences. No money is changed, and the same file
    /// may be sent again.
    /// </remarks>
    /// <param name="provider">Whose report it is.</param>
    /// <param name="from">The begin of the period.</param>
    /// <param name="to">The end of the period, which is not in it.</param>
    [HttpPost]
    [CsvBody(
        "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id\r\n"
        + "txn_1,2026-11-21 10:00:00,eur,100.00,3.20,96.80,charge,ch_1,pi_1\r\n")]
    [ProducesResponseType<ReconciliationDto>(StatusCodes.Status201Created)]
    [UseCase<ReconcileReport>]
    [ProducesErrors(409, 503, 504)]
    public Task<ActionResult<ReconciliationDto>> Reconcile(
        [FromQuery] PaymentProvider? provider, [FromQuery] DateTimeOffset? from, [FromQuery] DateTimeOffset? to) =>
        AnswerCreated(
            new ReconcileReport(provider, from, to, Request.Body) { FileSha256 = CsvBodyAttribute.HashOf(HttpContext) },
            made => $"/api/v1/ledger/reconciliations/{made.Id}");

    /// <summary>Lists the reconciliations, newest first</summary>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<ReconciliationSummaryDto>>> List([FromQuery] ListReconciliations query) => Answer(query);

    /// <summary>Shows a reconciliation with its first 100 differences</summary>
    [HttpGet("{id:guid}")]
    [UseCase<GetReconciliation>]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<ReconciliationDto>> Get(Guid id) => Answer(new GetReconciliation(id));

    /// <summary>Lists the differences of a reconciliation</summary>
    [HttpGet("{id:guid}/differences")]
    [ProducesErrors(404, 503)]
    public Task<ActionResult<Page<DifferenceDto>>> ListDifferences(Guid id, [FromQuery] ListDifferences query) => Answer(query.Of(id));
}
