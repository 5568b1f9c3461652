using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Gateway;

/// <summary>The whole application in front of a service that speaks HTTP, published under several names with different settings.</summary>
public sealed class GatewayWorld : IAsyncLifetime
{
    /// <summary>Requests to <c>limited</c> in a minute; in development a hundred times the setting.</summary>
    internal const int Limit = 100;

    internal static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(400);

    private readonly string _folder = Directory.CreateTempSubdirectory("portico-gateway-").FullName;

    internal PorticoApp App { get; private set; } = null!;

    internal RecordingService Service { get; private set; } = null!;

    /// <summary>The same API over TLS, for HTTP/2.</summary>
    internal Uri Secure { get; private set; } = null!;

    /// <summary>The hash of the certificate of <see cref="Secure"/>.</summary>
    internal string Thumbprint { get; private set; } = "";

    public async Task InitializeAsync()
    {
        var api = $"http://127.0.0.1:{Ports.Free()}";
        Secure = new Uri($"https://127.0.0.1:{Ports.Free()}");
        Service = await RecordingService.StartAsync(api);
        WriteCertificate();
        var options = new PorticoAppOptions
        {
            Settings =
            {
                ["urls"] = $"{api};{Secure.OriginalString}",
                ["Tokens:Issuer"] = api,
                ["Kestrel:Certificates:Default:Path"] = Path.Combine(_folder, "tls.pem"),
                ["Kestrel:Certificates:Default:KeyPath"] = Path.Combine(_folder, "tls.key"),
                ["Limits:MaxBodyBytes"] = "65536",
                ["Limits:RequestTimeout"] = "00:00:20",
                ["Gateway:MaxStreams"] = "3",
                ["Downstreams:BreakAfter"] = "6",
                ["Downstreams:BreakFor"] = "00:00:00.500",
            },
        };
        Publish("reports");
        Publish("open", ("Anonymous", "true"));
        Publish("managed", ("Permission", "money.read"));
        Publish(
            "passed", ("Identity", "CallerToken"), ("RequestHeaders:0", "Cookie"), ("RequestHeaders:1", "X-Tenant"),
            ("ResponseHeaders:0", "X-Total-Count"));
        Publish("unnamed", ("Identity", "None"));
        Publish("cached", ("CacheLifetime", "00:01:00"));
        Publish("shared", ("Anonymous", "true"), ("CacheLifetime", "00:01:00"), ("RequestHeaders:0", "Cookie"));
        Publish("limited", ("RequestsPerMinute", $"{Limit / 100}"));
        Publish("slow", ("Timeout", ShortTimeout.ToString("c")));
        Publish("breaking");
        Publish("based", ("Address", $"{Service.Address}base/"));
        Publish("away", ("Address", $"http://127.0.0.1:{Ports.Free()}"));
        App = await PorticoApp.StartAsync(options);

        void Publish(string name, params (string Key, string Value)[] settings)
        {
            options.Settings[$"Gateway:Routes:{name}:Address"] = Service.Address.ToString();
            options.Settings[$"Gateway:Routes:{name}:Audience"] = RecordingService.Audience;
            foreach (var (key, value) in settings)
                options.Settings[$"Gateway:Routes:{name}:{key}"] = value;
        }
    }

    public async Task DisposeAsync()
    {
        await App.DisposeAsync();
        await Service.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Writes bytes to a socket, and reads until the server closes or the answers are complete.</summary>
    internal async Task<string> RawAsync(string request)
    {
        using var client = new TcpClient();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await client.ConnectAsync(App.Api.Host, App.Api.Port, deadline.Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), deadline.Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(deadline.Token);
    }

    private void WriteCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Thumbprint = certificate.GetCertHashString();
        File.WriteAllText(Path.Combine(_folder, "tls.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(_folder, "tls.key"), key.ExportPkcs8PrivateKeyPem());
    }
}

[CollectionDefinition(Name)]
public sealed class GatewayTestGroup : ICollectionFixture<GatewayWorld>
{
    public const string Name = "Gateway";
}
