using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Dashboard;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Aggregation;

internal static class AggregationRegistration
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    public static IServiceCollection AddAggregation(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<DashboardSettings>(configuration)
        .AddSettings<DownstreamSettings>(configuration)
        .AddSingleton<CoalescedReads>()
        .AddSingleton<LastGoodCopies>()
        .AddSingleton<Downstreams>()
        .AddSingleton<IServiceGuard>(provider => provider.GetRequiredService<Downstreams>())
        .AddSingleton<PartMetrics>()
        .AddSingleton<IPartReader, PartReader>();

    /// <summary>Makes a client one of a service of ours: it carries the token of the caller and the deadline of the read.</summary>
    /// <remarks>
    /// Bulkhead, circuit breaker and hedging are around the whole read (<see cref="DashboardPart.Downstream"/>), because a gRPC
    /// call can't be repeated below its client, and because an answer may break off after its head.
    /// </remarks>
    public static IHttpClientBuilder AddDownstream(this IHttpClientBuilder client) => client
        .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan)
        // They open two logging scopes for each call, for lines that the settings leave out.
        .RemoveAllLoggers()
        .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
        {
            // Without it an attempt to connect would outlive its request by minutes.
            ConnectTimeout = ConnectTimeout,
            PooledConnectionLifetime = ConnectionLifetime,
            EnableMultipleHttp2Connections = true,
            AllowAutoRedirect = false,
            UseCookies = false,
            // Without it the client makes no spans, for which nobody asks; the handler below sends the trace context then.
            ActivityHeadersPropagator = ClientSpans.AreWanted ? DistributedContextPropagator.Current : null,
        })
        .AddHttpMessageHandler(provider => new DownstreamHandler(provider.GetRequiredService<ICallerToken>()));
}
