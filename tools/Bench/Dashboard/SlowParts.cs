using Microsoft.Extensions.DependencyInjection;
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

[DashboardPart("first", Share = SlowParts.Share, Downstream = "first")]
internal sealed class FirstPart(SlowClient client) : IDashboardPart<SlowDto>
{
    public Task<Result<SlowDto>> Read(CancellationToken cancellationToken) => client.Get("first", cancellationToken);
}

[DashboardPart("second", Share = SlowParts.Share, Downstream = "second")]
internal sealed class SecondPart(SlowClient client) : IDashboardPart<SlowDto>
{
    public Task<Result<SlowDto>> Read(CancellationToken cancellationToken) => client.Get("second", cancellationToken);
}

[DashboardPart("third", Share = SlowParts.Share, Downstream = "third")]
internal sealed class ThirdPart(SlowClient client) : IDashboardPart<SlowDto>
{
    public Task<Result<SlowDto>> Read(CancellationToken cancellationToken) => client.Get("third", cancellationToken);
}

[DashboardPart("fourth", Share = SlowParts.Share, Downstream = "fourth")]
internal sealed class FourthPart(SlowClient client) : IDashboardPart<SlowDto>
{
    public Task<Result<SlowDto>> Read(CancellationToken cancellationToken) => client.Get("fourth", cancellationToken);
}

/// <summary>The web API with four parts that other services answer.</summary>
internal static class SlowParts
{
    /// <summary>The argument with which this program runs the API.</summary>
    public const string Mode = "dashboard-api";

    public const string Include = "first,second,third,fourth";

    /// <summary>The share of the deadline that each part has.</summary>
    public const double Share = 0.9;

    /// <summary>The setting that has the address of the services.</summary>
    public const string AddressVariable = "BENCH_SLOW_SERVICE";

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
}
