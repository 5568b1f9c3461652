using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Passwords;

/// <summary>Registers password hashing and credentials.</summary>
public static class PasswordRegistration
{
    public static IServiceCollection AddPasswords(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<PasswordSettings>(configuration);
        services.AddMetrics();
        services.AddIdentityCore<Credential>().AddEntityFrameworkStores<AppDbContext>();
        services.AddSingleton<PasswordHashing>();
        services.AddSingleton<IPasswordHashing>(provider => provider.GetRequiredService<PasswordHashing>());
        services.AddHostedService<StoredHashKinds>();
        services.AddScoped<ICredentials, CredentialStore>();
        return services;
    }
}
