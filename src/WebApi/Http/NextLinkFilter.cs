using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Portico.Application.Common.Paging;

namespace Portico.WebApi.Http;

/// <summary>Names the next page in a <c>Link</c> header (RFC 8288), for every action that answers a page.</summary>
/// <remarks>The reference is relative to the host, which a proxy may know by another name.</remarks>
internal sealed class NextLinkFilter : IResultFilter
{
    private const string CursorParameter = "cursor";

    public void OnResultExecuting(ResultExecutingContext context)
    {
        if (context.Result is not ObjectResult { Value: IPage { NextCursor: { } cursor } })
            return;

        var request = context.HttpContext.Request;
        var query = new QueryBuilder(request.Query
            .Where(parameter => !parameter.Key.Equals(CursorParameter, StringComparison.OrdinalIgnoreCase))
            .SelectMany(parameter => parameter.Value, (parameter, value) => KeyValuePair.Create(parameter.Key, value ?? "")))
        {
            { CursorParameter, cursor },
        };
        context.HttpContext.Response.Headers.Append("Link", $"<{request.PathBase}{request.Path}{query}>; rel=\"next\"");
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }
}
