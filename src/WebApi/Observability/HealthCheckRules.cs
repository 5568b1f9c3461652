using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Portico.WebApi.Observability;

/// <summary>Sets the failure status of each registered check, from <c>Health:Required</c>, and its timeout.</summary>
internal sealed class HealthCheckRules(HealthSettings settings)
    : IPostConfigureOptions<HealthCheckServiceOptions>, IValidateOptions<HealthCheckServiceOptions>
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    public void PostConfigure(string? name, HealthCheckServiceOptions options)
    {
        var registrations = options.Registrations.ToArray();
        options.Registrations.Clear();
        foreach (var check in registrations)
        {
            var isRequired = settings.RequiredNames.Contains(check.Name, StringComparer.Ordinal);
            options.Registrations.Add(new(
                check.Name, services => new AbandonedAtDeadline(check.Factory(services)),
                isRequired ? HealthStatus.Unhealthy : HealthStatus.Degraded, check.Tags, Deadline));
        }
    }

    public ValidateOptionsResult Validate(string? name, HealthCheckServiceOptions options)
    {
        var known = options.Registrations.Select(check => check.Name).Order(StringComparer.Ordinal).ToArray();
        var unknown = settings.RequiredNames.Except(known, StringComparer.Ordinal).ToArray();
        return unknown.Length == 0
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(
                $"Health:Required names '{string.Join("', '", unknown)}', but the dependencies are: {string.Join(", ", known)}.");
    }

    /// <summary>Stops waiting for a check that ignores its token, so that it does not delay the others.</summary>
    private sealed class AbandonedAtDeadline(IHealthCheck check) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
            Task.Run(() => check.CheckHealthAsync(context, cancellationToken), CancellationToken.None).WaitAsync(cancellationToken);
    }
}
