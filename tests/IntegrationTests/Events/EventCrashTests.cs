using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.RegularExpressions;
using NATS.Client.Core;
using NATS.Client.JetStream;
using Npgsql;
using Portico.DevStack;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Nats;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

/// <summary>
/// The web API, with the relay in it, and NATS die at random points under load; what was committed and only that is in the stream.
/// </summary>
[Trait("Category", Campaign.Category)]
public sealed partial class EventCrashTests
{
    private const int RunsInSuite = 1;
    private const int Replicas = 2;
    private const int People = 3;
    private const int Writers = 4;

    [Fact]
    public async Task Every_committed_change_has_its_event_whatever_dies()
    {
        await using var world = await CrashWorld.StartAsync();
        await Campaign.Run(RunsInSuite, world.RunAsync);
    }

    // In the text, which begins after the empty line: headers have numbers of their own.
    [GeneratedRegex(@"(?<=\r\n\r\n[\s\S]*)\b[0-9]{6}\b", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex SixDigits();

    /// <summary>
    /// One stack, two replicas, people who change their profiles and writers who write events by SQL; each run has a stream of its own.
    /// </summary>
    private sealed class CrashWorld : IAsyncDisposable
    {
        private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

        private readonly LocalStack _stack;
        private readonly TestDatabase _database;
        private readonly string _folder = Directory.CreateTempSubdirectory("portico-crash-").FullName;
        private readonly Dictionary<string, string> _settings;
        private readonly Uri[] _addresses;
        private readonly GuardedProcess?[] _replicas = new GuardedProcess?[Replicas];
        private readonly EventSettings _events = new() { Prefix = "crash", MaxBytes = 256 * 1024 * 1024 };
        private readonly HttpClient _client = new() { Timeout = Patience };
        private readonly List<(Guid Id, string AccessToken)> _people = [];
        private readonly Dictionary<Guid, long> _verified = [];

        private CrashWorld(LocalStack stack, RedisServer redis, TestDatabase database)
        {
            (_stack, _database) = (stack, database);
            _addresses = [.. Enumerable.Range(0, Replicas).Select(_ => new Uri($"http://127.0.0.1:{Ports.Free()}"))];
            _settings = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["DOTNET_ENVIRONMENT"] = "Development",
                ["ASPNETCORE_ENVIRONMENT"] = "Development",
                ["ConnectionStrings__Portico"] = database.Portico,
                ["Redis__ConnectionString"] = redis.ConnectionString,
                ["Redis__KeyPrefix"] = $"test-{Guid.NewGuid():N}:",
                ["Redis__Deadline"] = "00:00:05",
                ["Nats__Url"] = stack.Nats.ConnectionString,
                ["Events__Prefix"] = _events.Prefix,
                ["Tokens__Issuer"] = "http://127.0.0.1",
                ["Tokens__AccessTokenLifetime"] = "01:00:00",
                ["Tokens__SealingKey"] = TestDatabase.SealingKey,
                ["Sessions__Key"] = NewKey(),
                ["Otp__Key"] = NewKey(),
                ["Passwords__Argon2MemoryKiB"] = "8",
                ["Mail__Mailbox"] = Path.Combine(_folder, "mailbox"),
                ["Management__Url"] = "http://127.0.0.1:0",
                ["Shutdown__DrainDelay"] = "00:00:00",
                ["Logging__LogLevel__Default"] = "Warning",
            };
        }

        public static async Task<CrashWorld> StartAsync()
        {
            var (stack, shared) = (
                await LocalStack.StartAsync(new LocalStackOptions { Servers = LocalServers.Nats }), await SharedStack.GetAsync());
            var world = new CrashWorld(stack, shared.Redis, await TestDatabase.CreateAsync(shared));
            await world.EmptyStreamAsync();
            await Task.WhenAll(Enumerable.Range(0, Replicas).Select(world.StartReplicaAsync));
            await world.SignUpAsync();
            return world;
        }

        public async Task RunAsync(int seed)
        {
            var random = new Random(seed);
            var outbox = new TestOutbox(_database.Portico);
            using var over = new CancellationTokenSource();
            var load = Enumerable.Range(0, Writers)
                .Select(writer => new Random(HashCode.Combine(seed, writer)))
                .Select(chance => Task.Run(() => WriteAsync(outbox, chance, over.Token)))
                .Concat(_people.Select(person => Task.Run(() => ChangeAsync(person.AccessToken, over.Token))))
                .ToArray();

            for (var blow = random.Next(1, 4); blow > 0; blow--)
            {
                await Task.Delay(random.Next(20, 400));
                await StrikeAsync(random);
            }

            await over.CancelAsync();
            await Task.WhenAll(load);
            await outbox.PublishedAsync();
            await VerifyAsync(outbox);
            // What was verified is not read again by each run after it, and does not fill the stream in the end.
            await EmptyStreamAsync();
        }

        public async ValueTask DisposeAsync()
        {
            _client.Dispose();
            foreach (var replica in _replicas.OfType<GuardedProcess>())
                await replica.DisposeAsync();
            await _stack.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }

        private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

        private async Task StrikeAsync(Random random)
        {
            var target = random.Next(Replicas + 1);
            if (target == Replicas)
            {
                await _stack.Nats.KillAsync();
                await Task.Delay(random.Next(0, 300));
                await _stack.Nats.RestartAsync();
            }
            else
            {
                Posix.Send(_replicas[target]!.ProcessId, Signal.Kill);
                await _replicas[target]!.DisposeAsync();
                await StartReplicaAsync(target);
            }
        }

        private async Task StartReplicaAsync(int replica)
        {
            var log = Path.Combine(_folder, $"api-{replica}.log");
            _replicas[replica] = await GuardedProcess.StartAsync(
                new GuardedCommand(Environment.ProcessPath!, [Path.Combine(AppContext.BaseDirectory, "Portico.WebApi.dll")])
                {
                    Environment = new Dictionary<string, string>(_settings, StringComparer.Ordinal)
                    {
                        ["ASPNETCORE_URLS"] = _addresses[replica].ToString(),
                    },
                    LogFile = log,
                    WorkingDirectory = AppContext.BaseDirectory,
                },
                default);
            using var deadline = new CancellationTokenSource(Patience);
            while (!await IsLiveAsync(_addresses[replica]))
            {
                Assert.False(
                    _replicas[replica]!.Exited.IsCompleted || deadline.IsCancellationRequested,
                    $"The web API does not start: {await File.ReadAllTextAsync(log)}");
                await Task.Delay(20);
            }
        }

        private async Task<bool> IsLiveAsync(Uri address)
        {
            try
            {
                using var answer = await _client.GetAsync(new Uri(address, "/health/live"));
                return answer.IsSuccessStatusCode;
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
            {
                return false;
            }
        }

        private async Task SignUpAsync()
        {
            for (var i = 0; i < People; i++)
            {
                var email = PorticoApp.NewEmail();
                using var sent = await PostAsync("verify-code", new { email, Reason = "registration" });
                var code = await Eventually.Get(() => Task.FromResult(CodeFor(email)), $"a code for {email}");
                using var registered = await PostAsync(
                    "register", new { email, code, Password = $"correct horse {Guid.NewGuid():N}", DisplayName = "Ada" });
                var token = (await registered.Content.ReadFromJsonAsync<JsonElement>()).Text("accessToken");
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_addresses[0], "/api/v1/users/me"));
                request.Headers.Authorization = new("Bearer", token);
                using var me = await _client.SendAsync(request);
                _people.Add(((await me.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetGuid(), token));
            }
        }

        private async Task<HttpResponseMessage> PostAsync(string path, object body)
        {
            var answer = await _client.PostAsJsonAsync(new Uri(_addresses[0], $"/api/v1/auth/{path}"), body);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
            return answer;
        }

        private string? CodeFor(string email)
        {
            var mailbox = _settings["Mail__Mailbox"];
            var mail = Directory.Exists(mailbox)
                ? Directory.GetFiles(mailbox, "*.eml")
                    .Select(File.ReadAllText)
                    .FirstOrDefault(text => text.Contains($"To: {email}", StringComparison.Ordinal))
                : null;
            return mail is null ? null : SixDigits().Match(mail).Value;
        }

        /// <summary>
        /// Changes a profile over and over, at whichever replica lives; whether a change that got no answer happened, the database knows.
        /// </summary>
        private async Task ChangeAsync(string accessToken, CancellationToken over)
        {
            for (var i = 0; !over.IsCancellationRequested; i++)
            {
                try
                {
                    using var request = new HttpRequestMessage(HttpMethod.Patch, new Uri(_addresses[i % Replicas], "/api/v1/users/me"))
                    {
                        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", accessToken) },
                        Content = JsonContent.Create(new { DisplayName = $"Ada {Guid.NewGuid():N}" }),
                    };
                    using var answer = await _client.SendAsync(request, CancellationToken.None);
                    Assert.NotEqual(401, (int)answer.StatusCode);
                }
                catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
                {
                    // Its replica died.
                }
            }
        }

        /// <summary>
        /// Writes the events of one aggregate, slower than the relay even where it has little of a processor: a backlog is no crash.
        /// </summary>
        private static async Task WriteAsync(TestOutbox outbox, Random chance, CancellationToken over)
        {
            var aggregate = Guid.NewGuid();
            for (var version = 1; !over.IsCancellationRequested; version++)
            {
                await outbox.WriteAsync(aggregate, version, 1, chance, CancellationToken.None);
                await Task.Delay(chance.Next(1, 8), CancellationToken.None);
            }
        }

        private async Task EmptyStreamAsync()
        {
            await using var nats = new NatsConnection(new NatsOpts { Url = _stack.Nats.ConnectionString, RequestTimeout = Patience });
            var jetStream = new NatsJSContext(nats);
            try
            {
                await jetStream.DeleteStreamAsync(StreamDefinition.Name(_events));
            }
            catch (NatsJSApiException missing) when (missing.Error.Code == 404)
            {
                // The first run has none yet.
            }

            await StreamDefinition.CompareAsync(jetStream, _events, apply: true, default);
        }

        private async Task VerifyAsync(TestOutbox outbox)
        {
            await using var nats = new NatsConnection(new NatsOpts { Url = _stack.Nats.ConnectionString, RequestTimeout = Patience });
            var stream = await EventReader.AllAsync(new NatsJSContext(nats), _events.Prefix);
            TestOutbox.AssertComplete(outbox.Committed, stream);

            // Each change of a person raised their version: so many events there are, and the last tells what the database says.
            await using var connection = await outbox.OpenAsync();
            foreach (var (id, _) in _people)
            {
                await using var command = new NpgsqlCommand("SELECT version, display_name FROM users WHERE id = $1", connection);
                command.Parameters.Add(new() { Value = id });
                await using var row = await command.ExecuteReaderAsync();
                Assert.True(await row.ReadAsync());
                var events = stream.Where(found => found.Aggregate == id).ToArray();
                Assert.Equal(row.GetInt64(0) - _verified.GetValueOrDefault(id), events.Length);
                if (events is [.., var last])
                    Assert.Equal((row.GetInt64(0), row.GetString(1)), (last.Version, last.Data.Text("displayName")));
                _verified[id] = row.GetInt64(0);
            }
        }
    }
}
