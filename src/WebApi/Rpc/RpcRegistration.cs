using Microsoft.Extensions.Diagnostics.HealthChecks;
using Portico.WebApi.Http;

namespace Portico.WebApi.Rpc;

internal static class RpcRegistration
{
    /// <summary>More than the header fields that a proxy lets through.</summary>
    private const int MaxMessageBytes = 128 * 1024;

    private static readonly TimeSpan HealthPeriod = TimeSpan.FromSeconds(5);

    /// <summary>Adds gRPC for other services, if <c>Grpc:Url</c> is set.</summary>
    public static IServiceCollection AddRpc(this IServiceCollection services, IConfiguration configuration)
    {
        if (!IsOn(configuration))
            return services;

        services.AddSingleton<RpcInterceptor>();
        services.AddSingleton<VerifyRequests>();
        services.AddGrpc(grpc =>
            {
                grpc.MaxReceiveMessageSize = MaxMessageBytes;
                grpc.IgnoreUnknownServices = true;
            })
            .AddServiceOptions<AuthService>(service => service.Interceptors.Add<RpcInterceptor>())
            .AddServiceOptions<EnvoyAuthorization>(service => service.Interceptors.Add<RpcInterceptor>());
        services.AddGrpcHealthChecks(health =>
        {
            health.Services.Map(Auth.V1.Auth.Descriptor.FullName, _ => true);
            health.Services.Map(Envoy.Service.Auth.V3.Authorization.Descriptor.FullName, _ => true);
        });
        services.Configure<HealthCheckPublisherOptions>(publisher => (publisher.Delay, publisher.Period) = (TimeSpan.Zero, HealthPeriod));
        services.AddGrpcReflection();
        return services;
    }

    public static void MapRpc(this WebApplication app)
    {
        if (!IsOn(app.Configuration))
            return;

        app.MapGrpcService<AuthService>().WithMetadata(new IgnoresIdempotencyKeyAttribute());
        app.MapGrpcService<EnvoyAuthorization>();
        app.MapGrpcHealthChecksService();
        if (app.Environment.IsDevelopment())
            app.MapGrpcReflectionService();
    }

    private static bool IsOn(IConfiguration configuration) =>
        configuration.GetSection(GrpcSettings.Section).GetValue<string>(nameof(GrpcSettings.Url)) is { Length: > 0 };
}
