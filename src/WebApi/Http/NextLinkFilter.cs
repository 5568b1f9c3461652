using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Portico.Application.Common.Paging;

namespace Portico.WebApi.Http;

/// <summary>Adds a <c>Link</c> header (RFC 8288) with the next page to every answer that is a page.</summary>
/// <remarks>The link is relative to the host, because a proxy may use another host name.</remarks>
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
