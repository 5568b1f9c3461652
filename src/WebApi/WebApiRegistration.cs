using Asp.Versioning;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Mvc.Formatters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.AspNetCore.Mvc.ModelBinding.Metadata;
using Microsoft.AspNetCore.Mvc.ModelBinding.Validation;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Portico.Application.Batch;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Aggregation;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.RateLimiting;
using Portico.WebApi.Aggregation;
using Portico.WebApi.Controllers;
using Portico.WebApi.Controllers.V1;
using Portico.WebApi.Cookies;
using Portico.WebApi.Gateway;
using Portico.WebApi.Http;
using Portico.WebApi.OAuth;
using Portico.WebApi.Observability;
using Portico.WebApi.OpenApi;
using Portico.WebApi.Pages;
using Portico.WebApi.Rpc;

namespace Portico.WebApi;

/// <summary>Registers the HTTP layer: everything between the socket and a use case.</summary>
internal static class WebApiRegistration
{
    public static IServiceCollection AddWebApi(this IServiceCollection services, IConfiguration configuration)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddHttpContextAccessor();
        return services
            .AddLogLines(configuration)
            .AddTelemetry(configuration)
            .AddServer(configuration)
            .AddHealth(configuration)
            .AddCrossOrigin(configuration)
            .AddCaller()
            .AddOAuth(configuration)
            .AddCookieMode()
            .AddApi()
            .AddGateway(configuration)
            .AddRpc(configuration)
            .AddBuiltPages(configuration)
            .AddOpenApiDocument("v1");
    }

    /// <summary>Sets up the middleware pipeline in its order.</summary>
    public static WebApplication UseWebApi(this WebApplication app)
    {
        // The host would put the middlewares of the framework first. Callers are found out below; use cases say who may send them.
        var properties = ((IApplicationBuilder)app).Properties;
        properties["__AuthenticationMiddlewareSet"] = properties["__AuthorizationMiddlewareSet"] = true;
        // First the identity of the request, for every later step; then the headers of every answer, including errors.
        if (app.Services.GetRequiredService<ProxySettings>().Trusted.Length > 0)
            app.UseForwardedHeaders();
        // The requests of a batch begin here: their caller is known from the request around them.
        app.Use(app.Services.GetRequiredService<BatchPipeline>().Enter);
        app.UseMiddleware<RequestTrace>();
        app.UseMiddleware<SecurityHeaders>();
        app.UseMiddleware<AccessLog>();
        app.UseCors();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseMiddleware<RequestSyntax>();
        app.UseMiddleware<ManagementGate>();
        app.UseMiddleware<RequestDeadline>();
        app.Use((context, next) =>
        {
            // HEAD works for every GET: from here on the method is GET, and the server leaves out the body.
            if (HttpMethods.IsHead(context.Request.Method))
            {
                context.Request.Method = HttpMethods.Get;
                context.Features.Set(new HeadRequest());
            }

            return next(context);
        });
        app.UseSwaggerPage();
        app.UseBuiltPages();
        app.UseRouting();
        app.UseMiddleware<BodyLimit>();
        app.UseMiddleware<GrpcGate>();
        app.UseMiddleware<CsrfGate>();
        app.UseMiddleware<BearerAuthentication>();
        app.UseMiddleware<CookieAuthentication>();
        app.UseMiddleware<RateLimitMiddleware>();
        app.UseMiddleware<BatchGate>();
        app.UseMiddleware<CallerWritesMiddleware>();
        app.MapControllers().Add(DirectAction.Apply);
        app.MapVerify();
        app.MapDiscovery();
        app.MapSchemas();
        app.MapHealth();
        app.MapMetrics();
        app.MapOpenApiDocuments();
        app.MapPages();
        app.MapGateway();
        app.MapRpc();
        return app;
    }

    private static IServiceCollection AddServer(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<LimitSettings>(configuration)
            .AddSettings<ManagementSettings>(configuration)
            .AddSettings<GrpcSettings>(configuration)
            .AddSettings<ProxySettings>(configuration);
        var urls = Listeners.UrlsOf(configuration);
        services.AddSingleton(provider => new Listeners(
            urls, provider.GetRequiredService<ManagementSettings>(), provider.GetRequiredService<GrpcSettings>()));
        services.AddSingleton<IConfigureOptions<KestrelServerOptions>>(provider => provider.GetRequiredService<Listeners>());
        services.Configure<KestrelServerOptions>(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestLineSize = 2 * RequestSyntax.MaxTargetLength;
            server.Limits.MaxRequestHeadersTotalSize = 32 * 1024;
            server.Limits.MaxRequestHeaderCount = 100;
            server.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            server.RequestHeaderEncodingSelector = name => name == HeaderNames.ContentLength ? ContentLengthEncoding.Instance : null;
        });
        services.AddOptions<ForwardedHeadersOptions>().Configure<ProxySettings>((forwarded, proxies) =>
        {
            forwarded.KnownProxies.Clear();
            forwarded.KnownIPNetworks.Clear();
            foreach (var network in proxies.Networks())
                forwarded.KnownIPNetworks.Add(network);
            forwarded.ForwardLimit = 8;
            forwarded.ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
        });
        return services;
    }

    private static IServiceCollection AddHealth(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<ShutdownSettings>(configuration);
        services.AddReadiness(configuration);
        services.AddSingleton<Draining>();
        services.AddHostedService<DrainBeforeStop>();
        services.AddOptions<HostOptions>()
            .Configure<ShutdownSettings>((host, shutdown) => host.ShutdownTimeout = shutdown.DrainDelay + shutdown.Timeout);
        return services;
    }

    private static IServiceCollection AddCrossOrigin(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<CrossOriginSettings>(configuration);
        services.AddCors();
        services.AddOptions<Microsoft.AspNetCore.Cors.Infrastructure.CorsOptions>().Configure<CrossOriginSettings>((cors, settings) =>
            cors.AddDefaultPolicy(policy => policy
                .WithOrigins(settings.Origins)
                .WithMethods("GET", "POST", "PUT", "PATCH", "DELETE")
                .WithHeaders(
                    "Authorization", "Content-Type", "Accept-Language", CsrfGate.Header, IdempotencyKey.Header, "If-Match", "If-None-Match",
                    RequestTrace.RequestIdHeader, "traceparent", "tracestate")
                // For the cookie of a session; browsers send it only to the site that it belongs to.
                .AllowCredentials()
                .WithExposedHeaders(
                    "Location", "Link", "ETag", "Content-Disposition", "Retry-After", "WWW-Authenticate", HttpRateLimitReport.State,
                    HttpRateLimitReport.Policy, HttpRequestKey.ReplayedHeader, "Age", HttpCacheReport.CacheStatus,
                    "Server-Timing", RequestTrace.RequestIdHeader, "traceparent", "api-supported-versions", "api-deprecated-versions",
                    "Deprecation", "Sunset")
                .SetPreflightMaxAge(TimeSpan.FromHours(1))));
        return services;
    }

    private static IServiceCollection AddCaller(this IServiceCollection services)
    {
        services.AddSingleton<AccessTokenCheck>();
        services.AddSingleton<ICurrentUser, HttpCurrentUser>();
        services.AddScoped<IClient, HttpRequestClient>();
        services.AddScoped<IRequestKey, HttpRequestKey>();
        services.AddScoped<ICacheReport, HttpCacheReport>();
        services.AddSingleton<IRateLimitReport, HttpRateLimitReport>();
        services.AddSingleton<CallerRateLimit>();
        services.AddSingleton<HttpCallerWork>();
        services.AddSingleton<ICallerWork>(provider => provider.GetRequiredService<HttpCallerWork>());
        services.AddSingleton<ICallerToken>(provider => provider.GetRequiredService<HttpCallerWork>());
        services.AddSingleton<BatchPipeline>();
        services.AddSingleton<IBatchPipeline>(provider => provider.GetRequiredService<BatchPipeline>());
        services.AddSingleton(new AnswerJson(ApiJson.Options));
        return services;
    }

    private static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(json => ApiJson.Describe(json.SerializerOptions));
        services.AddControllers(mvc =>
            {
                mvc.InputFormatters.Clear();
                mvc.InputFormatters.Add(new JsonBodyFormatter(ApiJson.Options));
                mvc.InputFormatters.Add(new TokenFormFormatter(ApiJson.Options));
                mvc.OutputFormatters.RemoveType<StringOutputFormatter>();
                foreach (var json in mvc.OutputFormatters.OfType<SystemTextJsonOutputFormatter>())
                {
                    json.SupportedMediaTypes.Clear();
                    json.SupportedMediaTypes.Add("application/json");
                }

                mvc.OutputFormatters.Add(new StatementCsvFormatter());

                // Nothing is bound from forms: a formatter reads the one form that there is.
                mvc.ValueProviderFactories.RemoveType<FormValueProviderFactory>();
                mvc.ValueProviderFactories.RemoveType<FormFileValueProviderFactory>();
                mvc.ValueProviderFactories.RemoveType<JQueryFormValueProviderFactory>();
                mvc.ModelBinderProviders.Insert(0, new QueryValueBinderProvider());
                mvc.SuppressImplicitRequiredAttributeForNonNullableReferenceTypes = true;
                mvc.ModelMetadataDetailsProviders.Add(new SystemTextJsonValidationMetadataProvider());
                mvc.ModelBindingMessageProvider.SetMissingBindRequiredValueAccessor(_ => "This parameter is needed.");
                mvc.ModelBindingMessageProvider.SetMissingRequestBodyRequiredValueAccessor(() => "A JSON body is needed.");
                mvc.ModelBindingMessageProvider.SetNonPropertyUnknownValueIsInvalidAccessor(() => "This value is not valid.");
                mvc.Conventions.Add(new AccessConvention());
                mvc.Filters.Add(new AcceptFilter());
                mvc.Filters.Add(new NextLinkFilter());
                mvc.Filters.Add(new EntityTagFilter());
            })
            .AddJsonOptions(json => ApiJson.Configure(json.JsonSerializerOptions))
            .ConfigureApiBehaviorOptions(api =>
            {
                api.InvalidModelStateResponseFactory = ModelStateErrors.Answer;
                // ProblemMiddleware adds the bodies of errors.
                api.SuppressMapClientErrors = true;
            })
            .AddApplicationPart(typeof(WebApiRegistration).Assembly);
        services.AddSingleton<IObjectModelValidator, NoModelValidation>();
        services
            .AddApiVersioning(versioning =>
            {
                // The version of each controller that names none.
                versioning.DefaultApiVersion = new ApiVersion(1, 0);
                versioning.ReportApiVersions = true;
                versioning.ApiVersionReader = new PathVersionReader();
                versioning.UnsupportedApiVersionStatusCode = StatusCodes.Status404NotFound;
            })
            .AddMvc()
            .AddApiExplorer(explorer =>
            {
                // The name of the OpenAPI document of the version.
                explorer.GroupNameFormat = "'v'VVV";
                explorer.SubstituteApiVersionInUrl = true;
                explorer.ApiVersionParameterSource = new UrlSegmentApiVersionReader();
            });
        return services;
    }
}
