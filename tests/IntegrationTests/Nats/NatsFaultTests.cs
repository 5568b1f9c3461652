using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Portico.DevStack;
using Portico.Infrastructure.Nats;
using Portico.Nats;
using Portico.Nats.JetStream;
using Portico.Testing;

namespace Portico.IntegrationTests.Nats;

public sealed class NatsFaultTests : IAsyncLifetime
{
    private LocalStack _stack = null!;

    public async Task InitializeAsync() => _stack = await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Nats });

    public async Task DisposeAsync() => await _stack.DisposeAsync();

    [Fact]
    public async Task Comes_back_with_its_subscriptions_after_a_kill()
    {
        await using var nats = Connect(_stack.Nats.ConnectionString);
        await using var sub = await nats.SubscribeCoreAsync<string>("news");
        var slow = nats.RequestAsync<string, string>("news", "?").AsTask();
        Assert.Equal("?", (await sub.Msgs.ReadAsync()).Data);

        await _stack.Nats.KillAsync();
        // Told at once, and not when its time is over.
        await Assert.ThrowsAsync<NatsConnectionFailedException>(() => slow.WaitAsync(TimeSpan.FromSeconds(4)));
        await _stack.Nats.RestartAsync();

        await nats.PublishAsync("news", "again");
        Assert.Equal("again", (await sub.Msgs.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20))).Data);
    }

    [Fact]
    public async Task Notices_a_paused_server_and_goes_on_when_it_resumes()
    {
        await using var nats = Connect(_stack.Nats.ConnectionString);
        var lost = Event(nats);
        await nats.PingAsync();

        _stack.Nats.Pause();
        try
        {
            await lost.WaitAsync(TimeSpan.FromSeconds(20));
            Assert.NotEqual(NatsConnectionState.Open, nats.ConnectionState);
            await Assert.ThrowsAsync<NatsConnectionFailedException>(async () => await nats.PublishAsync("news", "lost"));
        }
        finally
        {
            _stack.Nats.Resume();
        }

        await Eventually.Holds(async () => await Answers(nats), "the connection is back");
    }

    [Fact]
    public async Task Loses_nothing_that_was_acknowledged_and_goes_on_publishing_through_a_restart()
    {
        await using var nats = Connect(_stack.Nats.ConnectionString);
        var js = new NatsJSContext(nats);
        await js.CreateStreamAsync(new StreamConfig { Name = "S", Subjects = ["s.>"] });
        var acknowledged = 0L;
        var stop = new TaskCompletionSource();
        var publisher = Task.Run(async () =>
        {
            for (var i = 0; !stop.Task.IsCompleted; i++)
            {
                try
                {
                    if ((await js.PublishAsync("s.a", $"{i}", new NatsJSPubOpts { MsgId = $"{i}" })).IsSuccess())
                        Interlocked.Increment(ref acknowledged);
                }
                catch (NatsException)
                {
                    // Whether that one is there is unknown.
                }
            }
        });

        await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref acknowledged) > 100), "it publishes");
        await _stack.Nats.KillAsync();
        await _stack.Nats.RestartAsync();
        var before = Volatile.Read(ref acknowledged);
        await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref acknowledged) > before + 100), "it publishes again");
        stop.SetResult();
        await publisher;

        Assert.InRange((await js.GetStreamAsync("S")).Info.State.Messages, acknowledged, long.MaxValue);
    }

    [Fact]
    public async Task Goes_on_consuming_after_a_restart()
    {
        await using var nats = Connect(_stack.Nats.ConnectionString);
        var js = new NatsJSContext(nats);
        await js.CreateStreamAsync(new StreamConfig { Name = "C", Subjects = ["c.>"] });
        var consumer = await js.CreateOrUpdateConsumerAsync("C", new ConsumerConfig("worker") { AckWait = TimeSpan.FromSeconds(2) });
        var seen = new List<string?>();
        using var stop = new CancellationTokenSource();
        var consuming = Task.Run(async () =>
        {
            await foreach (var message in consumer.ConsumeAsync<string>(cancellationToken: stop.Token))
            {
                lock (seen)
                    seen.Add(message.Data);
                await message.AckAsync();
            }
        });

        await js.PublishAsync("c.a", "before");
        await Seen("before");
        await _stack.Nats.KillAsync();
        await _stack.Nats.RestartAsync();
        await js.PublishAsync("c.a", "after");
        await Seen("after");
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => consuming);

        Task Seen(string text) => Eventually.Holds(
            () =>
            {
                lock (seen)
                    return Task.FromResult(seen.Contains(text));
            },
            $"'{text}' is delivered");
    }

    [Fact]
    public async Task Connects_when_the_server_comes_up_later()
    {
        await _stack.Nats.KillAsync();
        await using var nats = Connect(_stack.Nats.ConnectionString);
        var connecting = nats.ConnectAsync().AsTask();
        Assert.False(connecting.IsCompleted);

        await _stack.Nats.RestartAsync();
        await connecting.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(NatsConnectionState.Open, nats.ConnectionState);
    }

    [Fact]
    public async Task Gives_up_after_so_many_attempts_as_it_was_told()
    {
        await _stack.Nats.KillAsync();
        var failures = 0;
        await using var nats = new NatsConnection(Opts(_stack.Nats.ConnectionString) with { MaxReconnectRetry = 2 });
        nats.ReconnectFailed += (_, _) =>
        {
            Interlocked.Increment(ref failures);
            return default;
        };

        await Assert.ThrowsAsync<NatsConnectionFailedException>(async () => await nats.ConnectAsync());
        await Eventually.Holds(() => Task.FromResult(failures == 3), "three attempts were told of");
        Assert.Equal(NatsConnectionState.Closed, nats.ConnectionState);
    }

    [Fact]
    public async Task Moves_on_when_the_server_is_told_to_drain()
    {
        await using var ending = await NatsServerProcess.StartAsync("lame_duck_duration: \"30s\"\nlame_duck_grace_period: \"1s\"");
        await using var nats = new NatsConnection(Opts($"{ending.Url},{_stack.Nats.ConnectionString}") with { NoRandomize = true });
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        nats.LameDuckModeActivated += (_, e) =>
        {
            told.TrySetResult(e.Message);
            return default;
        };
        await using var sub = await nats.SubscribeCoreAsync<string>("news");
        var first = nats.ServerInfo!.Id;

        ending.EnterLameDuckMode();
        await told.Task.WaitAsync(TimeSpan.FromSeconds(20));
        await Eventually.Holds(async () => nats.ServerInfo.Id != first && await Answers(nats), "the other server serves");
        await nats.PublishAsync("news", "from the other");
        Assert.Equal("from the other", (await sub.Msgs.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20))).Data);
    }

    [Fact]
    public async Task Drains_what_was_sent_and_what_had_come()
    {
        await using var reader = Connect(_stack.Nats.ConnectionString);
        await using var received = await reader.SubscribeCoreAsync<string>("out", opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 2_000 } });
        var nats = Connect(_stack.Nats.ConnectionString);
        var sub = await nats.SubscribeCoreAsync<string>("in", opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 2_000 } });
        for (var i = 0; i < 1_000; i++)
        {
            await reader.PublishAsync("in", $"{i}");
            await nats.PublishAsync("out", $"{i}");
        }

        await reader.PingAsync();
        await nats.DrainAsync();

        Assert.Equal(1_000, sub.Msgs.Count);
        await Eventually.Holds(() => Task.FromResult(received.Msgs.Count == 1_000), "all arrived");
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await nats.PublishAsync("out", "late"));
    }

    [Fact]
    public async Task Drops_and_tells_when_a_reader_is_too_slow()
    {
        await using var nats = Connect(_stack.Nats.ConnectionString);
        var (dropped, slow) = (0, 0);
        nats.MessageDropped += (_, _) =>
        {
            Interlocked.Increment(ref dropped);
            return default;
        };
        nats.SlowConsumerDetected += (_, _) =>
        {
            Interlocked.Increment(ref slow);
            return default;
        };
        await using var sub = await nats.SubscribeCoreAsync<string>("flood", opts: new NatsSubOpts { ChannelOpts = new NatsSubChannelOpts { Capacity = 10 } });
        for (var i = 0; i < 50; i++)
            await nats.PublishAsync("flood", $"{i}");
        await nats.PingAsync();

        await Eventually.Holds(() => Task.FromResult(dropped == 40 && slow == 1), "40 are dropped, and it is said once that the reader is slow");
        Assert.Equal("0", (await sub.Msgs.ReadAsync()).Data);
    }

    [Fact]
    public async Task Refuses_a_message_that_the_server_would_not_take()
    {
        await using var nats = Connect(_stack.Nats.ConnectionString);
        await nats.ConnectAsync();
        await Assert.ThrowsAsync<NatsPayloadTooLargeException>(async () => await nats.PublishAsync("big", new byte[nats.ServerInfo!.MaxPayload + 1]));
        await nats.PublishAsync("big", new byte[nats.ServerInfo!.MaxPayload]);
        await nats.PingAsync();
    }

    [Theory]
    [InlineData("authorization { user: ada, password: \"p@ss:word\" }", "ada:p%40ss%3Aword@")]
    [InlineData("authorization { token: \"s3cr/t\" }", "s3cr%2Ft@")]
    public async Task Signs_in_with_what_the_address_names(string configuration, string credentials)
    {
        await using var server = await NatsServerProcess.StartAsync(configuration);
        await using var nats = Connect(server.Url.Replace("nats://", $"nats://{credentials}", StringComparison.Ordinal));
        await nats.PingAsync();

        await using var stranger = new NatsConnection(Opts(server.Url) with { RetryOnInitialConnect = false });
        var refused = await Assert.ThrowsAsync<NatsServerException>(async () => await stranger.ConnectAsync());
        Assert.True(refused.IsAuthError);
    }

    [Fact]
    public async Task Encrypts_and_trusts_only_its_own_authority()
    {
        var folder = Directory.CreateTempSubdirectory("portico-nats-").FullName;
        await WriteCertificates(folder);
        await using var server = await NatsServerProcess.StartAsync($"tls {{ cert_file: \"{folder}/server.pem\", key_file: \"{folder}/server.key\" }}", folder);
        var address = $"tls://localhost:{server.Port}";

        await using var nats = new NatsConnection(Opts(address) with { TlsOpts = new NatsTlsOpts { CaFile = $"{folder}/ca.pem" } });
        await using var sub = await nats.SubscribeCoreAsync<string>("secret");
        await nats.PublishAsync("secret", new string('x', 100_000));
        Assert.Equal(100_000, (await sub.Msgs.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20))).Data!.Length);

        await using var stranger = new NatsConnection(Opts(address) with { RetryOnInitialConnect = false });
        await Assert.ThrowsAnyAsync<NatsException>(async () => await stranger.ConnectAsync());
        await using var plain = new NatsConnection(Opts(server.Url) with { RetryOnInitialConnect = false, TlsOpts = new NatsTlsOpts { Mode = TlsMode.Disable } });
        await Assert.ThrowsAnyAsync<NatsException>(async () => await plain.ConnectAsync());
    }

    [Fact]
    public async Task Shows_a_certificate_of_its_own_to_a_server_that_asks_for_one()
    {
        var folder = Directory.CreateTempSubdirectory("portico-nats-").FullName;
        await WriteCertificates(folder);
        await using var server = await NatsServerProcess.StartAsync(
            $"tls {{ cert_file: \"{folder}/server.pem\", key_file: \"{folder}/server.key\", ca_file: \"{folder}/ca.pem\", verify: true }}", folder);
        var settings = new NatsSettings { Url = $"tls://localhost:{server.Port}", CaFile = $"{folder}/ca.pem", CertFile = $"{folder}/server.pem", KeyFile = $"{folder}/server.key" };
        Assert.Empty(settings.Problems());

        await using var nats = new NatsConnection(settings.Options("test") with { ConnectTimeout = TimeSpan.FromSeconds(20) });
        await nats.PingAsync();
        await using var stranger = new NatsConnection(Opts(settings.Url) with { RetryOnInitialConnect = false, TlsOpts = new NatsTlsOpts { CaFile = settings.CaFile } });
        await Assert.ThrowsAnyAsync<NatsException>(async () => await stranger.ConnectAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Goes_to_another_server_of_the_cluster_unless_told_otherwise(bool follows)
    {
        var (one, two) = (Ports.Free(), Ports.Free());
        await using var other = await NatsServerProcess.StartAsync(Cluster("two", two, one));
        var first = await NatsServerProcess.StartAsync(Cluster("one", one, two));
        await using var nats = new NatsConnection(Opts(first.Url) with { IgnoreDiscoveredServers = !follows });
        try
        {
            await Eventually.Holds(
                async () => await Answers(nats) && nats.ServerInfo!.ClientConnectUrls?.Contains($"127.0.0.1:{other.Port}") == true, "the other server is announced");
        }
        finally
        {
            await first.DisposeAsync();
        }

        if (follows)
        {
            await Eventually.Holds(async () => await Answers(nats) && nats.ServerInfo!.Name == "two", "the other server has us");
        }
        else
        {
            // What is sent before the end is noticed is lost without a word.
            await Eventually.Holds(async () => await Record.ExceptionAsync(async () => await nats.PublishAsync("news", "lost")) is NatsException, "nothing can be sent");
            Assert.Equal("one", nats.ServerInfo!.Name);
        }

        static string Cluster(string name, int own, int its) =>
            $"server_name: {name}\ncluster {{ name: c, listen: \"127.0.0.1:{own}\", routes: [\"nats://127.0.0.1:{its}\"] }}";
    }

    [Fact]
    public async Task Insists_on_tls_where_the_address_does()
    {
        await using var nats = new NatsConnection(
            Opts(_stack.Nats.ConnectionString.Replace("nats://", "tls://", StringComparison.Ordinal)) with { RetryOnInitialConnect = false });
        var refused = await Assert.ThrowsAnyAsync<NatsException>(async () => await nats.ConnectAsync());
        Assert.Contains("offers no TLS", refused.Message, StringComparison.Ordinal);
    }

    private static NatsOpts Opts(string url) => new()
    {
        Url = url,
        RetryOnInitialConnect = true,
        PingInterval = TimeSpan.FromMilliseconds(300),
        ConnectTimeout = TimeSpan.FromSeconds(5),
        CommandTimeout = TimeSpan.FromSeconds(5),
        RequestTimeout = TimeSpan.FromSeconds(15),
        ReconnectWaitMax = TimeSpan.FromMilliseconds(500),
        MaxPingOut = 10,
    };

    private static NatsConnection Connect(string url) => new(Opts(url));

    private static Task Event(NatsConnection nats)
    {
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        nats.ConnectionDisconnected += (_, _) =>
        {
            lost.TrySetResult();
            return default;
        };
        return lost.Task;
    }

    private static async Task<bool> Answers(NatsConnection nats)
    {
        try
        {
            await nats.PingAsync();
            return true;
        }
        catch (NatsException)
        {
            return false;
        }
    }

    private static async Task WriteCertificates(string folder)
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
}
