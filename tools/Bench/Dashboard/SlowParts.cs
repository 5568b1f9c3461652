using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portico.Application.Dashboard;
using Portico.Domain.Common;
using Portico.Infrastructure.Aggregation;
using Portico.WebApi;

namespace Portico.Bench.Dashboard;

/// <summary>What a slow service answers.</summary>
internal sealed record SlowDto(string Name, int[] Values);

/// <summary>Calls the services that all four parts have.</summary>
internal sealed class SlowClient(HttpClient http)
{
    public async Task<Result<SlowDto>> Get(string name, CancellationToken cancellationToken) =>
        (await System.Net.Http.Json.HttpClientJsonExtensions.GetFromJsonAsync<SlowDto>(http, $"/{name}", cancellationToken))!;
}

[DashboardPart("first", Share = 0.9, Downstream = "first")]
internal sealed class FirstPart(SlowClient client) : IDashboardPart<SlowDto>
{
    public Task<Result<SlowDto>> Read(CancellationToken cancellationToken) => client.Get("first", cancellationToken);
}

[DashboardPart("second", Share = 0.9, Downstream = "second")]
internal sealed class SecondPart(SlowClient client) : IDashboardPart<SlowDto>
{
    public Task<Result<SlowDto>> Read(CancellationToken cancellationToken) => client.Get("second", cancellationToken);
}

[DashboardPart("third", Share = 0.9, Downstream = "third")]
internal sealed class ThirdPart(SlowClient client) : IDashboardPart<SlowDto>
{
    public Task<Result<SlowDto>> Read(CancellationToken cancellationToken) => client.Get("third", cancellationToken);
}

[DashboardPart("fourth", Share = 0.9, Downstream = "fourth")]
internal sealed class FourthPart(SlowClient client) : IDashboardPart<SlowDto>
{
    public Task<Result<SlowDto>> Read(CancellationToken cancellationToken) => client.Get("fourth", cancellationToken);
}

/// <summary>The web API with four parts that other services answer, and a service that answers after 4 ms.</summary>
internal static class SlowParts
{
    /// <summary>The argument with which this program runs the API.</summary>
    public const string Mode = "dashboard-api";

    public const string Include = "first,second,third,fourth";

    private const string AddressVariable = "BENCH_SLOW_SERVICE";
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(4);

    /// <summary>Runs the API until it is stopped; its settings are environment variables.</summary>
    public static async Task<int> RunApiAsync()
    {
        var address = new Uri(Environment.GetEnvironmentVariable(AddressVariable)!);
        await using var app = WebApiHost.Create(
            [],
            services => services
                .AddDashboardPart<FirstPart, SlowDto>()
                .AddDashboardPart<SecondPart, SlowDto>()
                .AddDashboardPart<ThirdPart, SlowDto>()
                .AddDashboardPart<FourthPart, SlowDto>()
                .AddHttpClient<SlowClient>(http => http.BaseAddress = address)
                .AddDownstream());
        await app.RunAsync();
        return 0;
    }

    /// <summary>Starts the service, in this process.</summary>
    public static async Task<(WebApplication Service, Dictionary<string, string> Settings)> StartServiceAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(async context =>
        {
            await Task.Delay(Delay, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(new SlowDto(context.Request.Path.Value!, [1, 2, 3, 4, 5, 6, 7, 8]));
        });
        await app.StartAsync();
        return (app, new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [AddressVariable] = app.Urls.First(),
            ["Downstreams__MaxConcurrent"] = "1000",
            ["Tokens__AccessTokenLifetime"] = "01:00:00",
        });
    }
}
