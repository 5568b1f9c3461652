using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
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
        return services;
    }

    /// <summary>Maps <c>/health/live</c>, which depends on nothing, and <c>/health/ready</c>.</summary>
    public static void MapHealth(this IEndpointRouteBuilder endpoints)
    {
        endpoints.Map("/health/live", _ => false, _ => new { status = "live" });
        endpoints.Map("/health/ready", predicate: null, Readiness);
    }

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
        status = report.Status switch
        {
            HealthStatus.Healthy => "ready",
            HealthStatus.Degraded => "degraded",
            _ => "unready",
        },
        checks = report.Entries.OrderBy(check => check.Key, StringComparer.Ordinal).ToDictionary(
            check => check.Key,
            check => new
            {
                status = check.Value.Status == HealthStatus.Healthy ? "ok" : "failed",
                durationMs = Math.Round(check.Value.Duration.TotalMilliseconds, 1),
            },
            StringComparer.Ordinal),
    };
}
