using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portico.Application.Auth;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Persistence;

namespace Portico.Infrastructure.Identity;

internal static class IdentityRegistration
{
    public static IServiceCollection AddIdentity(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<PasswordSettings>(configuration);
        services.AddMetrics();
        services.AddIdentityCore<Credential>().AddEntityFrameworkStores<AppDbContext>();
        services.AddSingleton<IConfigureOptions<PasswordHasherOptions>>(provider => new ConfigureOptions<PasswordHasherOptions>(
            options => options.IterationCount = provider.GetRequiredService<PasswordSettings>().Iterations));
        services.AddSingleton<IPasswordHasher<Credential>, PasswordHasher<Credential>>();
        services.AddSingleton<IPasswordHashing, IdentityPasswordHashing>();
        services.AddScoped<ICredentials, IdentityCredentials>();
        return services;
    }
}
