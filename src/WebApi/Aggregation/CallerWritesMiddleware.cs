using Portico.Application.Common.Security;
using Portico.Application.Dashboard;

namespace Portico.WebApi.Aggregation;

/// <summary>Counts a change of the caller before its answer leaves, so that the caller's next dashboard shows it.</summary>
internal sealed class CallerWritesMiddleware(RequestDelegate next, CallerWrites writes, ICurrentUser user)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && user.Claims is { Subject: var caller })
            Count(context.Response, caller);
        return next(context);
    }

    private void Count(HttpResponse response, Guid caller) => response.OnStarting(() =>
    {
        writes.Add(caller);
        return Task.CompletedTask;
    });
}
