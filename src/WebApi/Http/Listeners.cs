using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Portico.WebApi.Http;

/// <summary>The addresses of this process: of the API, from <c>ASPNETCORE_URLS</c>, of the metrics, and of gRPC if it is on.</summary>
/// <remarks>
/// The socket of a request decides what it may ask, never the Host header. So a client can't forge it, and it works
/// for ports that the system chose.
/// </remarks>
internal sealed class Listeners(IReadOnlyList<string> urls, ManagementSettings management, GrpcSettings grpc)
    : IConfigureOptions<KestrelServerOptions>
{
    private const string DefaultApiUrl = "http://localhost:5080";
    private static readonly object ManagementMark = new();
    private static readonly object GrpcMark = new();
    private static readonly TimeSpan PingDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan PingTimeout = TimeSpan.FromSeconds(10);

    private readonly List<ListenOptions> _api = [];
    private ListenOptions? _management;
    private ListenOptions? _grpc;

    /// <summary>The address of the API after the start, with its real port.</summary>
    public Uri Api => ListenAddress.UriOf(_api[0]);

    /// <summary>The management address after the start, with its real port.</summary>
    public Uri Management => ListenAddress.UriOf(_management!);

    /// <summary>The address of gRPC after the start, with its real port; <c>null</c> when it is off.</summary>
    public Uri? Grpc => _grpc is null ? null : ListenAddress.UriOf(_grpc);

    public static bool IsManagement(HttpContext context) => Has(context, ManagementMark);

    public static bool IsGrpc(HttpContext context) => Has(context, GrpcMark);

    /// <summary>The configured addresses of the API, read from the settings of the framework.</summary>
    public static IReadOnlyList<string> UrlsOf(IConfiguration configuration)
    {
        var urls = Split(configuration[WebHostDefaults.ServerUrlsKey]);
        if (urls.Length == 0)
            urls = [.. Split(configuration[WebHostDefaults.HttpPortsKey]).Select(port => $"http://*:{port}")];
        return urls.Length > 0 ? urls : [DefaultApiUrl];
    }

    public void Configure(KestrelServerOptions options)
    {
        // First, because some code takes the last address of the server, which must be that of the API.
        Listen(options, management.Url, listener =>
        {
            _management = listener;
            Put(ManagementMark, listener);
        });
        if (grpc.IsOn)
        {
            // Finds clients that are gone without a word.
            options.Limits.Http2.KeepAlivePingDelay = PingDelay;
            options.Limits.Http2.KeepAlivePingTimeout = PingTimeout;
            Listen(options, grpc.Url, listener =>
            {
                _grpc = listener;
                listener.Protocols = HttpProtocols.Http2;
                Put(GrpcMark, listener);
            });
        }

        foreach (var url in urls)
            Listen(options, url, _api.Add);
    }

    private static bool Has(HttpContext context, object mark) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(mark) ?? false;

    private static void Put(object mark, ListenOptions listener) => listener.Use(connection => context =>
    {
        context.Items[mark] = null;
        return connection(context);
    });

    private static string[] Split(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    private static void Listen(KestrelServerOptions options, string url, Action<ListenOptions> configure)
    {
        if (!ListenAddress.TryListen(options, url, configure))
            throw new OptionsValidationException(
                WebHostDefaults.ServerUrlsKey, typeof(Listeners), [$"ASPNETCORE_URLS has '{url}', which is not an address to listen on."]);
    }
}
