using Microsoft.AspNetCore.Mvc;

namespace Portico.WebApi.Http;

/// <summary>The result of an action that ends with an error.</summary>
internal sealed class HttpErrorResult(HttpError error) : ActionResult
{
    public HttpError Error { get; } = error;

    public override Task ExecuteResultAsync(ActionContext context) => context.HttpContext.Refuse(Error);
}
