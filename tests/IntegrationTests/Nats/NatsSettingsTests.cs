using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using NATS.Client.Core;
using Portico.DevStack;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Nats;
using Portico.Testing;

namespace Portico.IntegrationTests.Nats;

/// <summary>What the settings of <c>Nats</c> promise, on servers that ask for credentials, for TLS, or announce a cluster.</summary>
public sealed class NatsSettingsTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portico-nats-certificates-").FullName;

    public Task InitializeAsync() => WriteCertificatesAsync(_folder);

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Theory]
    [InlineData("authorization { user: ada, password: \"p@ss:word\" }", "ada:p%40ss%3Aword@")]
    [InlineData("authorization { token: \"s3cr/t\" }", "s3cr%2Ft@")]
    public async Task Signs_in_with_the_credentials_of_the_address(string configuration, string credentials)
    {
        await using var server = await NatsServerProcess.StartAsync(configuration);

        await AssertAnswers(new NatsSettings { Url = WithCredentials(server, credentials) });
        await AssertRefused(new NatsSettings { Url = server.Url }, "Authorization Violation");
    }

    [Fact]
    public async Task Comes_back_after_its_password_was_wrong_for_some_time()
    {
        await using var server = await NatsServerProcess.StartAsync("authorization { user: ada, password: first }");
        await using var nats = new NatsSettings { Url = WithCredentials(server, "ada:first@") }.CreateConnection("test");
        var errors = new ConcurrentBag<string>();
        nats.ServerError += (_, e) =>
        {
            errors.Add(e.Error);
            return default;
        };
        await AssertAnswers(nats);

        await server.ReloadAsync("authorization { user: ada, password: second }");
        await Eventually.Holds(() => Task.FromResult(errors.Count > 3), "the password to be refused several times");
        await server.ReloadAsync("authorization { user: ada, password: first }");

        await Eventually.Holds(() => Task.FromResult(nats.ConnectionState == NatsConnectionState.Open), "the connection to be back");
        await nats.PingAsync();
    }

    [Fact]
    public async Task Trusts_the_authority_of_its_file_and_no_other_name_than_the_servers()
    {
        await using var server = await NatsServerProcess.StartAsync(Tls(verify: false));
        var secure = $"tls://localhost:{server.Port}";

        await AssertAnswers(new NatsSettings { Url = secure, CaFile = $"{_folder}/ca.pem" });
        await AssertRefused(new NatsSettings { Url = secure }, "certificate");
        await AssertRefused(new NatsSettings { Url = $"tls://127.0.0.1:{server.Port}", CaFile = $"{_folder}/ca.pem" }, "certificate");
    }

    [Fact]
    public async Task Shows_a_certificate_of_its_own_to_a_server_that_asks_for_one()
    {
        await using var server = await NatsServerProcess.StartAsync(Tls(verify: true));
        var settings = new NatsSettings
        {
            Url = $"tls://localhost:{server.Port}",
            CaFile = $"{_folder}/ca.pem",
            CertFile = $"{_folder}/server.pem",
            KeyFile = $"{_folder}/server.key",
        };
        Assert.Empty(settings.Validate());

        await AssertAnswers(settings);
        await AssertRefused(new NatsSettings { Url = settings.Url, CaFile = settings.CaFile }, "");
    }

    [Theory]
    [InlineData("tls", false)]
    [InlineData("nats", true)]
    public async Task Insists_on_tls_where_the_address_or_an_authority_asks_for_it(string scheme, bool withAuthority)
    {
        await using var server = await NatsServerProcess.StartAsync("");

        await AssertRefused(
            new NatsSettings { Url = $"{scheme}://127.0.0.1:{server.Port}", CaFile = withAuthority ? $"{_folder}/ca.pem" : "" },
            "does not support TLS");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Goes_to_another_server_of_the_cluster_unless_told_otherwise(bool follows)
    {
        var (one, two) = (Ports.Free(), Ports.Free());
        await using var other = await NatsServerProcess.StartAsync(Cluster("two", two, one));
        var first = await NatsServerProcess.StartAsync(Cluster("one", one, two));
        await using var nats = new NatsSettings { Url = first.Url, FollowCluster = follows }.CreateConnection("test");
        var failures = 0;
        nats.ReconnectFailed += (_, _) =>
        {
            Interlocked.Increment(ref failures);
            return default;
        };
        try
        {
            await AssertAnswers(nats);
            await Eventually.Holds(
                () => Task.FromResult(nats.ServerInfo!.ClientConnectUrls?.Contains($"127.0.0.1:{other.Port}") == true),
                "the other server is announced");
        }
        finally
        {
            await first.DisposeAsync();
        }

        if (follows)
        {
            await Eventually.Holds(
                () => Task.FromResult(nats.ConnectionState == NatsConnectionState.Open && nats.ServerInfo!.Name == "two"),
                "the other server has the connection");
            await nats.PingAsync();
        }
        else
        {
            // Twice as many attempts as there are addresses, so that the other server's turn has come.
            await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref failures) >= 4), "attempts fail");
            Assert.Equal((NatsConnectionState.Reconnecting, "one"), (nats.ConnectionState, nats.ServerInfo!.Name));
        }

        static string Cluster(string name, int own, int its) =>
            $"server_name: {name}\ncluster {{ name: c, listen: \"127.0.0.1:{own}\", routes: [\"nats://127.0.0.1:{its}\"] }}";
    }

    [Fact]
    public async Task Connects_when_the_server_comes_up_later()
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Nats });
        await stack.Nats.KillAsync();
        await using var nats = new NatsSettings { Url = stack.Nats.ConnectionString }.CreateConnection("test");
        var failures = 0;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var opening = nats.OpenAsync(_ => Interlocked.Increment(ref failures), deadline.Token);
        await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref failures) > 1), "attempts fail");

        await stack.Nats.RestartAsync(deadline.Token);
        await opening;
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
    }

    private static string WithCredentials(NatsServerProcess server, string credentials) =>
        server.Url.Replace("nats://", $"nats://{credentials}", StringComparison.Ordinal);

    private static async Task AssertAnswers(NatsSettings settings)
    {
        await using var nats = settings.CreateConnection("test");
        await AssertAnswers(nats);
    }

    private static async Task AssertAnswers(NatsConnection nats)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await nats.OpenAsync(_ => { }, deadline.Token);
        await nats.PingAsync(deadline.Token);
    }

    private static async Task AssertRefused(NatsSettings settings, string reason)
    {
        await using var nats = settings.CreateConnection("test");
        var refused = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var end = new CancellationTokenSource();
        var opening = nats.OpenAsync(failure => refused.TrySetResult(failure), end.Token);
        Assert.Contains(reason, await refused.Task.WaitAsync(TimeSpan.FromSeconds(60)), StringComparison.OrdinalIgnoreCase);
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
        Assert.NotEqual(NatsConnectionState.Open, nats.ConnectionState);
    }

    private static async Task WriteCertificatesAsync(string folder)
    {
        var now = DateTimeOffset.UtcNow;
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = authorityRequest.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, now.AddMinutes(-5), now.AddHours(12), [1, 2, 3, 4]);

        await File.WriteAllTextAsync($"{folder}/ca.pem", authority.ExportCertificatePem());
        await File.WriteAllTextAsync($"{folder}/server.pem", certificate.ExportCertificatePem());
        await File.WriteAllTextAsync($"{folder}/server.key", key.ExportPkcs8PrivateKeyPem());
    }

    private string Tls(bool verify) =>
        $$"""
        tls {
          cert_file: "{{_folder}}/server.pem", key_file: "{{_folder}}/server.key"
          ca_file: "{{_folder}}/ca.pem", verify: {{(verify ? "true" : "false")}}
        }
        """;
}
