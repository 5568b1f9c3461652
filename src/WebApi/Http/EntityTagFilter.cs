using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Portico.Application.Common.Records;

namespace Portico.WebApi.Http;

/// <summary>Sends the version of a record as its <c>ETag</c>, and 304 to a client that has that version (RFC 9110, 13.1.2).</summary>
internal sealed class EntityTagFilter : IResultFilter
{
    public static string TagOf(IVersionedDto record) => $"\"{record.Version}\"";

    public void OnResultExecuting(ResultExecutingContext context)
    {
        if (context.Result is not ObjectResult { Value: IVersionedDto record })
            return;

        context.HttpContext.Response.Headers.ETag = TagOf(record);
        var request = context.HttpContext.Request;
        if (record.IsWhole && HttpMethods.IsGet(request.Method) && EntityTags.Match(request.Headers.IfNoneMatch, record.Version))
            context.Result = new StatusCodeResult(StatusCodes.Status304NotModified);
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }
}
