using Microsoft.Extensions.DependencyInjection;
using Portico.Application.ServiceAccounts;

namespace Portico.Infrastructure.ServiceAccounts;

internal static class ServiceAccountRegistration
{
    public static IServiceCollection AddServiceAccounts(this IServiceCollection services) =>
        services.AddScoped<IServiceSecrets, ServiceSecretStore>();
}
