using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Net.Http.Headers;
using Portico.Application.Common.Records;

namespace Portico.WebApi.Http;

/// <summary>Sends the version of a record as its <c>ETag</c>, and 304 to a client that has that version (RFC 9110, 13.1.2).</summary>
internal sealed class EntityTagFilter : IResultFilter
{
    public static EntityTagHeaderValue TagOf(IVersionedDto record) => new($"\"{record.Version}\"");

    public void OnResultExecuting(ResultExecutingContext context)
    {
        if (context.Result is not ObjectResult { Value: IVersionedDto record })
            return;

        var tag = TagOf(record);
        context.HttpContext.Response.Headers.ETag = tag.ToString();
        var request = context.HttpContext.Request;
        if (
            record.IsWhole
                && HttpMethods.IsGet(request.Method)
                && EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var known) &&
            known.Any(seen => seen.Equals(EntityTagHeaderValue.Any) || seen.Compare(tag, useStrongComparison: false)))
            context.Result = new StatusCodeResult(StatusCodes.Status304NotModified);
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }
}
