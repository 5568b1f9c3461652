using Microsoft.AspNetCore.Http.Features;

namespace Portico.WebApi.Edge;

/// <summary>Gives up a request that takes longer than <c>Limits:RequestTimeout</c>, the reading of its body included.</summary>
/// <remarks>What runs for the request learns of it through <see cref="HttpContext.RequestAborted"/>.</remarks>
internal sealed class RequestDeadline(RequestDelegate next, LimitSettings limits)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var connection = context.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        using var timer = new CancellationTokenSource(limits.RequestTimeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(connection.RequestAborted, timer.Token);
        var deadline = new Deadline(connection, () => timer.CancelAfter(limits.RequestTimeout), either.Token);
        context.Features.Set<IHttpRequestLifetimeFeature>(deadline);
        context.Features.Set(deadline);
        try
        {
            await next(context);
        }
        finally
        {
            deadline.Passed = timer.IsCancellationRequested && !connection.RequestAborted.IsCancellationRequested;
            context.Features.Set(connection);
        }
    }

    /// <summary>Gives a long answer the whole time again, each time that a part of it is on its way.</summary>
    public static void Restart(HttpContext context) => context.Features.Get<Deadline>()?.Restart();

    public static bool HasPassed(HttpContext context) => context.Features.Get<Deadline>()?.Passed ?? false;

    private sealed class Deadline(IHttpRequestLifetimeFeature connection, Action restart, CancellationToken either) : IHttpRequestLifetimeFeature
    {
        public Action Restart { get; } = restart;

        public bool Passed { get; set; }

        public CancellationToken RequestAborted { get; set; } = either;

        public void Abort() => connection.Abort();
    }
}
