using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Portico.Application.Operation;
using Portico.Infrastructure.Configuration;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

internal static class HealthEndpoints
{
    /// <summary>Adds the rules of readiness to the checks that Infrastructure registers for each dependency.</summary>
    public static IServiceCollection AddReadiness(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<HealthSettings>(configuration);
        services.AddHealthChecks();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<HealthCheckServiceOptions>, HealthCheckRules>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HealthCheckServiceOptions>, HealthCheckRules>());
        services.AddOptions<HealthCheckServiceOptions>().ValidateOnStart();
        // The service of the framework is internal, so it is created from its registered type.
        var framework = services.Last(service => service.ServiceType == typeof(HealthCheckService)).ImplementationType!;
        services.Replace(ServiceDescriptor.Singleton<HealthCheckService>(provider => ActivatorUtilities.CreateInstance<CachedHealthChecks>(
            provider, ActivatorUtilities.CreateInstance(provider, framework))));
        services.AddSingleton<OverviewStreams>();
        services.AddSingleton<LiveNumbers>();
        services.AddSingleton<ILiveNumbers>(provider => provider.GetRequiredService<LiveNumbers>());
        services.AddHostedService(provider => provider.GetRequiredService<LiveNumbers>());
        return services;
    }

    /// <summary>Maps <c>/health/live</c>, which depends on nothing, and <c>/health/ready</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.Map("/health/live", _ => false, _ => new { status = "live" });
        endpoints.Map("/health/ready", predicate: null, Readiness);
    }

    /// <summary>Whether a process can serve requests.</summary>
    public static string NameOf(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => "ready",
        HealthStatus.Degraded => "degraded",
        _ => "unready",
    };

    /// <summary>Whether a dependency works.</summary>
    public static string NameOfCheck(HealthStatus status) => status == HealthStatus.Healthy ? "ok" : "failed";

    public static double Milliseconds(TimeSpan duration) => Math.Round(duration.TotalMilliseconds, 1);

    private static void Map(
        this IEndpointRouteBuilder endpoints, string path,
        Func<HealthCheckRegistration, bool>? predicate, Func<HealthReport, object> describe)
    {
        var options = new HealthCheckOptions
        {
            Predicate = predicate,
            // The header below replaces the headers of the framework.
            AllowCachingResponses = true,
            ResponseWriter = (context, report) =>
            {
                context.Response.Headers.CacheControl = "no-store";
                return context.Response.WriteAsJsonAsync(describe(report), ApiJson.Options, context.RequestAborted);
            },
        };
        endpoints.MapHealthChecks(path, options).WithMetadata(new HttpMethodMetadata([HttpMethods.Get]));
    }

    private static object Readiness(HealthReport report) => new
    {
        status = NameOf(report.Status),
        checks = report.Entries.OrderBy(check => check.Key, StringComparer.Ordinal).ToDictionary(
            check => check.Key,
            check => new
            {
                status = NameOfCheck(check.Value.Status),
                durationMs = Milliseconds(check.Value.Duration),
            },
            StringComparer.Ordinal),
    };
}
