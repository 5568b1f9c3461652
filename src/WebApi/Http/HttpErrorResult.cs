using Microsoft.AspNetCore.Mvc;

namespace Portico.WebApi.Http;

/// <summary>The answer of an action that was refused.</summary>
internal sealed class HttpErrorResult(HttpError refusal) : ActionResult
{
    public override Task ExecuteResultAsync(ActionContext context) => context.HttpContext.Refuse(refusal);
}
