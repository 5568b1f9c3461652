using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Hosting;

/// <summary>The caller in a program that serves no requests: the system itself, without a user.</summary>
public sealed class SystemCaller : ICurrentUser, IClient
{
    public AccessTokenClaims? Claims => null;
    public IPAddress? IpAddress => null;
    public string? UserAgent => null;
    public string Locale => LanguageTag.Default;
}

/// <summary>Registers the <see cref="SystemCaller"/>.</summary>
public static class SystemCallerRegistration
{
    /// <summary>Makes the system itself the caller of all use cases in this program.</summary>
    public static IServiceCollection AddSystemCaller(this IServiceCollection services) =>
        services.AddSingleton<ICurrentUser, SystemCaller>()
            .AddSingleton<IClient, SystemCaller>();
}
