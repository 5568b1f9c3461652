using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Reconciliations;

namespace Portico.Infrastructure.Reconciliations;

/// <summary>Registers reconciliations.</summary>
public static class ReconciliationRegistration
{
    /// <summary>Adds the comparison of reports of payment providers.</summary>
    public static IServiceCollection AddReconciliations(this IServiceCollection services) =>
        services.AddScoped<IReconciliations, ReconciliationStore>();
}
