using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.Infrastructure.Hosting;

/// <summary>The caller of a program that serves no requests: it acts in nobody's name.</summary>
public sealed class SystemCaller : ICurrentUser, IClient, IRateLimitReport
{
    public AccessTokenClaims? Claims => null;
    public IPAddress? IpAddress => null;
    public string? UserAgent => null;
    public string Locale => LanguageTag.Default;

    public void Report(RateLimitUse use)
    {
        // There is nobody to tell.
    }
}

public static class SystemCallerRegistration
{
    /// <summary>Lets what is done here be done, and noted, as the system's own doing.</summary>
    public static IServiceCollection AddSystemCaller(this IServiceCollection services) =>
        services.AddSingleton<ICurrentUser, SystemCaller>()
            .AddSingleton<IClient, SystemCaller>()
            .AddSingleton<IRateLimitReport, SystemCaller>();
}
