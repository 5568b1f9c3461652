using Microsoft.AspNetCore.Mvc;
using Portico.Application.Audit;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers.V1;

/// <summary>The audit log.</summary>
[Route("api/v{version:apiVersion}/audit")]
[Tags("Audit")]
public sealed class AuditController(ISender sender) : ApiController(sender)
{
    /// <summary>Lists the audit log, newest first</summary>
    /// <remarks>`from` is inclusive, `to` is exclusive.</remarks>
    [HttpGet]
    [ProducesErrors(503)]
    public Task<ActionResult<Page<AuditEntryDto>>> ListAuditEntries([FromQuery] ListAuditEntries query) => Answer(query);
}
