using Microsoft.AspNetCore.Http.Features;

namespace Portico.WebApi.Http;

/// <summary>Cancels a request that takes longer than <c>Limits:RequestTimeout</c>, including the time to read its body.</summary>
/// <remarks>The code of the request is cancelled through <see cref="HttpContext.RequestAborted"/>.</remarks>
internal sealed class RequestDeadline(RequestDelegate next, LimitSettings limits)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var connection = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(connection.RequestAborted);
        either.CancelAfter(limits.RequestTimeout);
        var deadline = new Deadline(connection, either, limits.RequestTimeout);
        context.Features.Set<IHttpRequestLifetimeFeature>(deadline);
        context.Features.Set(deadline);
        try
        {
            await next(context);
        }
        finally
        {
            deadline.Passed = either.IsCancellationRequested && !connection.RequestAborted.IsCancellationRequested;
            context.Features.Set(connection);
        }
    }

    /// <summary>Restarts the timeout of a long answer after each sent part.</summary>
    public static void Restart(HttpContext context) => context.Features.Get<Deadline>()?.Restart();

    /// <summary>Gives the request from now on a time that is at most the configured one.</summary>
    public static void Shorten(HttpContext context, TimeSpan limit) => context.Features.Get<Deadline>()?.Shorten(limit);

    public static bool HasPassed(HttpContext context) => context.Features.Get<Deadline>()?.Passed ?? false;

    private sealed class Deadline(IHttpRequestLifetimeFeature connection, CancellationTokenSource either, TimeSpan limit)
        : IHttpRequestLifetimeFeature
    {
        public bool Passed { get; set; }

        public CancellationToken RequestAborted { get; set; } = either.Token;

        public void Restart() => either.CancelAfter(limit);

        public void Shorten(TimeSpan shorter) => either.CancelAfter(shorter < limit ? shorter : limit);

        public void Abort() => connection.Abort();
    }
}
