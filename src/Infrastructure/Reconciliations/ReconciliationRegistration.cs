using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Reconciliations;

namespace Portico.Infrastructure.Reconciliations;

internal static class ReconciliationRegistration
{
    public static IServiceCollection AddReconciliations(this IServiceCollection services) =>
        services.AddScoped<IReconciliations, ReconciliationStore>();
}
