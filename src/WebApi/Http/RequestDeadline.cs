using Microsoft.AspNetCore.Http.Features;

namespace Portico.WebApi.Http;

/// <summary>Gives up a request that takes longer than <c>Limits:RequestTimeout</c>, the reading of its body included.</summary>
/// <remarks>What runs for the request learns of it through <see cref="HttpContext.RequestAborted"/>.</remarks>
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

    /// <summary>Gives a long answer the whole time again, each time that a part of it is on its way.</summary>
    public static void Restart(HttpContext context) => context.Features.Get<Deadline>()?.Restart();

    public static bool HasPassed(HttpContext context) => context.Features.Get<Deadline>()?.Passed ?? false;

    private sealed class Deadline(IHttpRequestLifetimeFeature connection, CancellationTokenSource either, TimeSpan limit)
        : IHttpRequestLifetimeFeature
    {
        public bool Passed { get; set; }

        public CancellationToken RequestAborted { get; set; } = either.Token;

        public void Restart() => either.CancelAfter(limit);

        public void Abort() => connection.Abort();
    }
}
