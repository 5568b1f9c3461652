using Grpc.AspNetCore.Server;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Portico.Infrastructure.Configuration;
using Portico.Orders.Calls;
using Portico.Orders.Hosting;
using Portico.Orders.Ordering;
using Portico.Orders.Postgres;
using Portico.Orders.Security;
using Portico.WebApi.Http;

namespace Portico.Orders;

/// <summary>Creates and runs the orders service; tests run it in their own process.</summary>
internal static class OrdersHost
{
    private const int MaxAnswerBytes = 4 * 1024 * 1024;

    public static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(
            new WebApplicationOptions
            {
                Args = [SettingsFiles.Unwatched, .. args],
                ContentRootPath = AppContext.BaseDirectory,
                ApplicationName = "Portico.Orders",
            });
        builder.Configuration.ReadOnlyFromEnvironment(args);
        builder.Services.AddOrders(builder.Configuration, builder.Environment);
        builder.WebHost.UseKestrelHttpsConfiguration();
        var app = builder.Build();
        // Here and not at the start of the host, which would log each problem with its stack.
        app.Services.GetRequiredService<IStartupValidator>().Validate();
        app.Services.AddStreamMetric();
        return app.UseOrders();
    }

    /// <summary>The addresses of a started service, with the real ports.</summary>
    public static (Uri Service, Uri Management) Addresses(WebApplication app)
    {
        var listeners = app.Services.GetRequiredService<Listeners>();
        return (listeners.Service, listeners.Management);
    }

    /// <summary>Runs until it is stopped.</summary>
    /// <returns>0, or 1 when a setting is wrong or the start failed; the reasons are on standard error, one line each.</returns>
    public static Task<int> RunAsync(string[] args, TextWriter error) =>
        ServerRun.RunAsync(() => Create(args), "Listen:Url or Listen:ManagementUrl", error);

    private static void AddOrders(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSettings<DatabaseSettings>(configuration);
        services.AddSingleton(provider => provider.GetRequiredService<DatabaseSettings>().CreateDataSource());
        services.AddSettings<CallSettings>(configuration);
        services.AddSingleton<CallInterceptor>();
        services.AddTokens(configuration);
        services.AddOrdering(configuration);
        services.AddHosting(configuration);

        services.AddGrpc(grpc => grpc.MaxSendMessageSize = MaxAnswerBytes)
            .AddServiceOptions<OrdersService>(service => service.Interceptors.Add<CallInterceptor>());
        services.AddOptions<GrpcServiceOptions>().Configure<CallSettings>(
            (grpc, calls) => grpc.MaxReceiveMessageSize = calls.MaxMessageBytes);
        services.AddGrpcHealthChecks(health => health.Services.Map(V1.Orders.Descriptor.FullName, _ => true))
            .AddCheck<SchemaHealthCheck>("postgresql", timeout: TimeSpan.FromSeconds(1))
            .AddCheck<DrainingHealthCheck>("draining");
        // The default first waits 5 s, in which a new process would not be found healthy.
        services.Configure<HealthCheckPublisherOptions>(publisher =>
            (publisher.Delay, publisher.Period) = (TimeSpan.Zero, TimeSpan.FromSeconds(5)));
        if (environment.IsDevelopment())
            services.AddGrpcReflection();
    }

    private static WebApplication UseOrders(this WebApplication app)
    {
        app.UseManagementGate();
        app.UseAuthentication();
        app.MapGrpcService<OrdersService>();
        app.MapGrpcHealthChecksService();
        if (app.Environment.IsDevelopment())
            app.MapGrpcReflectionService();
        app.MapManagement();
        return app;
    }
}
