using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Portico.DevStack;
using Portico.Domain.Users;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Notifications;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Forecasts;

/// <summary>Settlements by two processes of the web API that are killed half-way.</summary>
[Trait("Category", Campaign.Category)]
public sealed partial class SettlementTests(ITestOutputHelper output)
{
    private const int PeopleInSuite = 2_500;
    private const int PeopleOnRequest = 100_000;
    private const int ReadersInSuite = 50;
    private const int ReadersOnRequest = 1_000;
    private const int KillsInSuite = 1;
    private const int KillsOnRequest = 10;
    private const double MaxHeap = 200 * 1024 * 1024;
    private const string Judged = "SELECT count(*) FROM forecasts WHERE settled_at IS NOT NULL";
    private const string Notifications = "FROM messages WHERE template LIKE 'forecast-%'";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // What a sender had claimed when it died comes again after the time limit of SMTP and one minute.
    private static readonly TimeSpan MaxLease = new MailSettings().Smtp.Timeout + TimeSpan.FromMinutes(1);

    [Fact]
    public Task Judges_each_forecast_once_however_often_it_is_killed() => Campaign.Run(1, async seed =>
    {
        var random = new Random(seed);
        var people = Campaign.IsOnRequest ? PeopleOnRequest : PeopleInSuite;
        await using var world = await CrashWorld.StartAsync(people, tellsPeople: false);
        var started = Stopwatch.GetTimestamp();
        await world.SetResult("win1");

        var (heap, kills) = (0d, new List<long>());
        for (long settled = 0; settled < people;)
        {
            var before = settled;
            await Eventually.Holds(
                async () => (settled = await world.ScalarAsync<long>(Judged)) > before,
                $"more than {before} of {people} forecasts to be settled",
                Patience);
            heap = Math.Max(heap, await world.Heap());
            if (settled == people
                || kills.Count == (Campaign.IsOnRequest ? KillsOnRequest : KillsInSuite)
                || random.Next(people) > people / 10 && Campaign.IsOnRequest)
                continue;

            kills.Add(settled);
            await world.Kill(both: random.Next(3) > 0, random);
        }

        await Eventually.Holds(
            async () => await world.ScalarAsync<long>("SELECT count(*) FROM events WHERE settled_at IS NOT NULL") == 1,
            "the end of the settlement",
            Patience);
        heap = Math.Max(heap, await world.Heap());
        output.WriteLine(
            $"{people} forecasts settled in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, "
            + $"killed after {string.Join(", ", kills)}; the managed heap had {heap / 1024 / 1024:0} MiB at most.");

        Assert.Equal(0, await world.ScalarAsync<long>("SELECT count(*) FROM forecasts WHERE (points = 1) <> (outcome = 'win1')"));
        const string told = "FROM outbox WHERE type = 'forecast.settled.v1'";
        Assert.Equal(people, await world.ScalarAsync<long>($"SELECT count(*) {told}"));
        Assert.Equal(people, await world.ScalarAsync<long>($"SELECT count(DISTINCT data::jsonb->>'forecastId') {told}"));
        Assert.Equal(people, await world.ScalarAsync<long>("SELECT sum(forecasts) FROM forecaster_scores"));
        Assert.Equal(
            await world.ScalarAsync<long>("SELECT count(*) FROM forecasts WHERE points = 1"),
            await world.ScalarAsync<long>("SELECT sum(points) FROM forecaster_scores"));
        Assert.Equal(1, await world.ScalarAsync<long>("SELECT count(*) FROM outbox WHERE type = 'event.forecasts-settled.v1'"));
        Assert.InRange(heap, 1, MaxHeap);
    });

    [Fact]
    public Task Sends_each_forecaster_one_notification_whichever_process_dies() => Campaign.Run(1, async seed =>
    {
        var random = new Random(seed);
        var people = Campaign.IsOnRequest ? ReadersOnRequest : ReadersInSuite;
        await using var world = await CrashWorld.StartAsync(people, tellsPeople: true);
        await world.SetResult("draw");

        // Anywhere between the settlement and the last notification: outbox, stream, handler, queue of messages, mailbox.
        foreach (var both in Campaign.IsOnRequest ? (bool[])[false, true] : [random.Next(2) == 0])
        {
            var share = random.Next(people / 2);
            await Eventually.Holds(
                async () => await world.ScalarAsync<long>($"SELECT count(*) {Notifications}") >= share, $"{share} notifications", Patience);
            await Task.Delay(random.Next(100));
            await world.Kill(both, random);
        }

        for (long sent = 0; sent < people;)
        {
            var before = sent;
            await Eventually.Holds(
                async () => (sent = await world.ScalarAsync<long>($"SELECT count(*) {Notifications} AND status = 'sent'")) > before,
                $"more than {before} of {people} notifications",
                MaxLease + Patience);
        }

        Assert.Equal(people, await world.ScalarAsync<long>($"SELECT count(*) {Notifications}"));
        Assert.Equal(people, await world.ScalarAsync<long>("SELECT count(*) FROM inbox WHERE handler = 'notify-of-forecast'"));
        Assert.Equal(0, await world.ScalarAsync<long>("SELECT count(*) FROM dead_events"));
        // One that was being written when its process died may be there twice, and is the same message to every mail program.
        var sentMessages = world.Sent();
        Assert.Equal(people, sentMessages.Select(message => message.To).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(people, sentMessages.Distinct().Count());
        output.WriteLine($"{people} notifications, {sentMessages.Length - people} of them written twice.");
    });

    [GeneratedRegex(
        @"^Message-Id: (?<id>[^\r]+)\r\n[\s\S]*?^To: (?<to>forecaster[^\r]+)\r\n",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Notification();

    [GeneratedRegex(
        @"^dotnet_gc_last_collection_heap_size_bytes\{[^}]*\} (?<bytes>[0-9.e+]+)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex HeapSize();

    [GeneratedRegex(
        @"^dotnet_gc_heap_total_allocated_bytes_total(\{[^}]*\})? (?<bytes>[0-9.e+]+)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline | RegexOptions.IgnoreCase, 1000)]
    private static partial Regex Allocated();

    /// <summary>Two processes on a database in which people have forecast an event.</summary>
    private sealed class CrashWorld : IAsyncDisposable
    {
        private const int Replicas = 2;

        private readonly PorticoApp _app;
        private readonly string _eventId;
        private readonly string _accessToken;
        private readonly List<PorticoProcess> _processes = [];
        private readonly List<Uri> _management = [];

        private CrashWorld(PorticoApp app, string eventId, string accessToken) =>
            (_app, _eventId, _accessToken) = (app, eventId, accessToken);

        public static async Task<CrashWorld> StartAsync(int people, bool tellsPeople)
        {
            var app = await PorticoApp.StartAsync(new PorticoAppOptions
            {
                Settings =
                {
                    ["Tokens:AccessTokenLifetime"] = "01:00:00",
                    ["Events:Consume"] = tellsPeople ? "true" : "false",
                    ["Events:MaxBytes"] = "268435456",
                    ["Mail:MailboxLimit"] = "100000",
                },
            });
            var manager = await app.SignUpAsync(Role.Manager);
            var (id, _) = await manager.Announce();
            await app.Database.AddForecasters(id, people);
            // What a process took along when it died comes again after ten seconds instead of a minute.
            var consumer = EventSubscription.All.Single(subscription => subscription.Name == "notify-of-forecast").Consumer(app.Events);
            await app.JetStream.CreateOrUpdateConsumerAsync(
                StreamDefinition.Name(app.Events), consumer with { AckWait = TimeSpan.FromSeconds(10) });
            var world = new CrashWorld(app, id, manager.AccessToken);
            // From here on only those that can be killed do anything.
            await app.StopAsync();
            for (var n = 0; n < Replicas; n++)
                world._management.Add(new Uri($"http://127.0.0.1:{Ports.Free()}"));
            world._processes.AddRange(await Task.WhenAll(world._management.Select(management => PorticoProcess.StartAsync(
                app, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Management:Url"] = management.ToString() }))));
            return world;
        }

        public async Task SetResult(string outcome)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{ForecastWorld.EventPath}/{_eventId}/result")
            {
                Headers = { Authorization = new AuthenticationHeaderValue("Bearer", _accessToken) },
                Content = JsonContent.Create(new { outcome }),
            };
            await _processes[0].Client.SendAsync(request).Json(HttpStatusCode.OK);
        }

        public Task<T> ScalarAsync<T>(string sql) => _app.Database.ScalarAsync<T>(sql);

        /// <summary>The largest managed heap of a process after its last collection; 0 before the first.</summary>
        public async Task<double> Heap()
        {
            using var client = new HttpClient();
            var scrapes = await Task.WhenAll(_management.Select(management => client.GetStringAsync(new Uri(management, "/metrics"))));
            // Before the first collection everything that was allocated is still there.
            return scrapes.Max(text => Sum(HeapSize(), text) is > 0 and var size ? size : Sum(Allocated(), text));

            static double Sum(Regex metric, string text) => metric.Matches(text)
                .Sum(match => double.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture));
        }

        /// <summary>Kills one process or both at once, and starts what was killed.</summary>
        public async Task Kill(bool both, Random random)
        {
            var dying = both ? [.. _processes] : (PorticoProcess[])[_processes[random.Next(Replicas)]];
            await Task.WhenAll(dying.Select(process => process.KillAsync()));
            // The processes that took notifications are dead. Nobody waits until their time is over.
            if (both)
                await _app.Database.ScalarAsync<long>(
                    "WITH freed AS (UPDATE messages SET due_at = now() WHERE status = 'queued' RETURNING id) SELECT count(*) FROM freed");
            await Task.WhenAll(dying.Select(process => process.StartAsync()));
        }

        /// <summary>The messages in the mailbox: recipient and id of each.</summary>
        public (string To, string Id)[] Sent() => [.. Directory.GetFiles(_app.Mailbox, "*.eml")
            .Select(file => Notification().Match(File.ReadAllText(file)))
            .Where(message => message.Success)
            .Select(message => (message.Groups["to"].Value, message.Groups["id"].Value))];

        public async ValueTask DisposeAsync()
        {
            foreach (var process in _processes)
                await process.DisposeAsync();
            await _app.DisposeAsync();
        }
    }
}
