using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Dashboard;
using Portico.DevStack;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Dashboard;

/// <summary>One page from several services, one of which fails in every way.</summary>
public sealed class DashboardTests(DashboardWorld world) : IClassFixture<DashboardWorld>, IAsyncLifetime
{
    private const string Path = "/api/v1/dashboard";

    private static readonly TimeSpan RemoteLimit = DashboardWorld.Deadline * RemotePart.Limit;

    // The suite keeps both processors busy; the benchmark measures how much later than its deadline a page is.
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(700);

    private TestPerson _person = null!;

    private DownstreamServer Remote => world.Remote;

    public async Task InitializeAsync()
    {
        _person = await world.App.SignUpAsync();
        Remote.Behaviour = Behaviour.Good;
        await Eventually.Holds(
            async () => Status(await Page("?include=remote"), "remote") == "ok", "the breaker to be closed");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Shows_what_belongs_to_the_caller()
    {
        var manager = await world.App.SignUpAsync(Role.Manager);
        var wallet = await _person.OpenWalletWithAsync(world.App, manager, "12.34");
        var (announced, _) = await manager.Announce();

        using var response = await _person.GetAsync(Path);
        var page = await response.Json(HttpStatusCode.OK);

        Assert.Equal(_person.Email, page.GetProperty("profile").Text("email"));
        var shown = page.GetProperty("wallets").GetProperty("items")[0];
        Assert.Equal(wallet, shown.GetProperty("wallet").GetProperty("id").GetGuid());
        Assert.Equal("12.34", shown.GetProperty("entries")[0].GetProperty("amount").Text("amount"));
        Assert.Contains(
            page.GetProperty("forecasts").GetProperty("openEvents").EnumerateArray(), found => found.Text("id") == announced);
        Assert.Equal(JsonValueKind.Array, page.GetProperty("notifications").GetProperty("items").ValueKind);
        Assert.Equal("from the other service", page.GetProperty("remote").Text("answer"));
        Assert.Empty(page.GetProperty("errors").EnumerateArray());
        Assert.All(page.GetProperty("parts").EnumerateObject(), part => Assert.Equal("ok", part.Value.Text("status")));
        var timing = Assert.Single(response.Headers.GetValues("Server-Timing"));
        Assert.All(page.GetProperty("parts").EnumerateObject(), part => Assert.Matches($@"\b{part.Name};dur=[0-9.]+", timing));
        Assert.True(response.Headers.CacheControl!.NoStore);

        var other = await (await world.App.SignUpAsync()).GetAsync(Path).Json(HttpStatusCode.OK);
        Assert.Empty(other.GetProperty("wallets").GetProperty("items").EnumerateArray());
    }

    [Fact]
    public async Task Shows_the_notifications_of_the_caller_without_their_texts()
    {
        await Eventually.Holds(
            async () => (await Page("?include=notifications")).GetProperty("notifications").GetProperty("items").GetArrayLength() > 0,
            "the welcome message");
        var item = (await Page("?include=notifications")).GetProperty("notifications").GetProperty("items")[0];
        Assert.Equal("welcome", item.Text("template"));
        Assert.Equal("email", item.Text("channel"));
    }

    [Fact]
    public async Task Gives_only_the_parts_that_were_asked_for()
    {
        var page = await Page("?include=wallets,profile");
        Assert.Equal(["profile", "wallets", "parts", "errors"], page.EnumerateObject().Select(member => member.Name));

        var problem = await _person.GetAsync($"{Path}?include=profile,nothing").Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Contains("wallets", problem.GetProperty("errors").GetProperty("include")[0].GetString(), StringComparison.Ordinal);
        await world.App.Client.GetAsync(Path).Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData("Dead", "part_unavailable")]
    [InlineData("Hung", "part_timeout")]
    [InlineData("Slow", "part_timeout")]
    [InlineData("Half", "part_unavailable")]
    [InlineData("Reset", "part_unavailable")]
    [InlineData("Broken", "part_unavailable")]
    public async Task Keeps_its_deadline_with_the_other_parts_when_a_service_fails(string behaviour, string code)
    {
        var cancelled = Remote.Cancelled;
        Remote.Behaviour = Enum.Parse<Behaviour>(behaviour);

        var (page, _) = await PageInTime("?include=plain,profile");

        Assert.Equal(_person.Email, page.GetProperty("profile").Text("email"));
        Assert.Equal(JsonValueKind.Null, page.GetProperty("plain").ValueKind);
        var error = Assert.Single(page.GetProperty("errors").EnumerateArray());
        Assert.Equal("plain", error.Text("part"));
        Assert.Equal(code, error.Text("code"));
        Assert.False(error.GetProperty("required").GetBoolean());
        if (code == "part_timeout")
            await Eventually.Holds(() => Task.FromResult(Remote.Cancelled > cancelled), "the other service to see that nobody waits");
    }

    [Fact]
    public async Task Shows_the_last_good_copy_with_its_age_to_its_owner_only()
    {
        var other = await world.App.SignUpAsync();
        Remote.Behaviour = Behaviour.Dead;

        var page = await Page("?include=remote");
        Assert.Equal("from the other service", page.GetProperty("remote").Text("answer"));
        var state = page.GetProperty("parts").GetProperty("remote");
        Assert.Equal("stale", state.Text("status"));
        Assert.Equal("part_unavailable", state.Text("code"));
        Assert.True(state.GetProperty("age").GetDouble() >= 0);

        var none = await other.GetAsync($"{Path}?include=remote").Json(HttpStatusCode.OK);
        Assert.Equal("failed", Status(none, "remote"));
        Assert.Equal(JsonValueKind.Null, none.GetProperty("remote").ValueKind);
    }

    [Fact]
    public async Task Leaves_a_failing_service_alone_until_it_is_back()
    {
        Remote.Behaviour = Behaviour.Broken;
        var calls = 0;
        await Eventually.Holds(
            async () =>
            {
                calls = Remote.Calls;
                await Page("?include=remote");
                return Remote.Calls == calls;
            },
            "the breaker to open");

        Remote.Behaviour = Behaviour.Good;
        await Eventually.Holds(async () => Status(await Page("?include=remote"), "remote") == "ok", "the breaker to close");
        Assert.True(Remote.Calls > calls);
    }

    [Fact]
    public async Task Equal_requests_of_a_caller_make_one_call_and_another_caller_makes_their_own()
    {
        var other = await world.App.SignUpAsync();
        var before = Remote.Calls;
        Remote.Behaviour = Behaviour.Held;
        // The stream waits longer, so that the machine has time to take all of them.
        var pages = Enumerable.Range(0, 100).Select(_ => Events(_person, "?include=plain")).ToArray();
        var others = Enumerable.Range(0, 10).Select(_ => Events(other, "?include=plain")).ToArray();
        await Eventually.Holds(() => Task.FromResult(Remote.Calls >= before + 2), "the calls");
        // All of them have their head, so all of them read.
        var streams = await Task.WhenAll([.. pages, .. others]);
        Remote.Release();

        foreach (var stream in streams)
        {
            using (stream)
                Assert.Contains("from the other service", await stream.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(before + 2, Remote.Calls);
    }

    [Fact]
    public async Task A_first_reader_who_leaves_harms_nobody()
    {
        var (before, cancelled) = (Remote.Calls, Remote.Cancelled);
        Remote.Behaviour = Behaviour.Held;
        var first = await Events(_person, "?include=plain");
        await Eventually.Holds(() => Task.FromResult(Remote.Calls == before + 1), "the call");
        using var second = await Events(_person, "?include=plain");
        first.Dispose();
        using var reader = new StreamReader(await second.Content.ReadAsStreamAsync());
        // The server notices that the first client is gone, at the latest with the next heartbeat.
        for (var heartbeats = 0; heartbeats < 3;)
            heartbeats += (await reader.ReadLineAsync())!.StartsWith(':') ? 1 : 0;
        Remote.Release();

        Assert.Contains("from the other service", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal((before + 1, cancelled), (Remote.Calls, Remote.Cancelled));
    }

    [Fact]
    public async Task The_last_reader_who_leaves_ends_the_call()
    {
        var (before, cancelled) = (Remote.Calls, Remote.Cancelled);
        Remote.Behaviour = Behaviour.Hung;
        var only = await Events(_person, "?include=plain");
        await Eventually.Holds(() => Task.FromResult(Remote.Calls == before + 1), "the call");
        only.Dispose();
        await Eventually.Holds(() => Task.FromResult(Remote.Cancelled == cancelled + 1), "the call to end");
    }

    [Fact]
    public async Task Never_joins_a_read_from_before_the_callers_own_change()
    {
        var before = Remote.Calls;
        Remote.Behaviour = Behaviour.Held;
        using var earlier = await Events(_person, "?include=plain");
        await Eventually.Holds(() => Task.FromResult(Remote.Calls == before + 1), "the first call");
        await _person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { displayName = "Grace" }).Json(HttpStatusCode.OK);
        using var later = await Events(_person, "?include=plain");
        await Eventually.Holds(() => Task.FromResult(Remote.Calls == before + 2), "a call of its own");
        Remote.Release();
    }

    [Fact]
    public async Task Streams_each_part_when_it_is_ready_with_a_heartbeat_and_an_end()
    {
        Remote.Behaviour = Behaviour.Held;
        using var stream = await Events(_person, "?include=plain,profile");
        Assert.Equal("text/event-stream", stream.Content.Headers.ContentType?.MediaType);
        Assert.True(stream.Headers.CacheControl!.NoStore);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());

        var lines = new List<string>();
        // The heartbeats after the first part: the other one is late by far for a page, and not for a stream.
        while (lines.Count(line => line.StartsWith(':')) < 3)
            lines.Add((await reader.ReadLineAsync())!);
        Assert.Contains(lines, line => line.StartsWith("data: {\"name\":\"profile\",\"status\":\"ok\"", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, line => line.Contains("\"plain\"", StringComparison.Ordinal));
        Remote.Release();

        var rest = await reader.ReadToEndAsync();
        Assert.Contains("event: part\ndata: {\"name\":\"plain\",\"status\":\"ok\"", rest, StringComparison.Ordinal);
        Assert.EndsWith("event: end\ndata: {\"errors\":[]}\n\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_to_the_end_though_no_part_is_ready_within_the_timeout_of_a_request()
    {
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var replica = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            ReplicaOf = world.App,
            Settings = { ["Limits:RequestTimeout"] = "00:00:03" },
            Services = services => services.AddSingleton(held).AddDashboardPart<HeldPart, RemoteDto>(),
        });
        using var stream = await Events(_person, "?include=held", replica.Client);
        using var reader = new StreamReader(await stream.Content.ReadAsStreamAsync());

        // As many as there are in four seconds.
        for (var heartbeats = 0; heartbeats < 9;)
            heartbeats += (await reader.ReadLineAsync())!.StartsWith(':') ? 1 : 0;
        held.SetResult();

        Assert.Contains("{\"name\":\"held\",\"status\":\"ok\"", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Carries_the_token_and_the_trace_of_the_caller_to_the_service()
    {
        using var response = await _person.SendAsync(
            HttpMethod.Get, $"{Path}?include=plain", null, ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains($"Authorization: Bearer {_person.AccessToken}\r\n", Remote.LastHead, StringComparison.Ordinal);
        Assert.Contains("traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-", Remote.LastHead, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_its_deadline_while_the_process_of_a_service_is_stopped_and_recovers_when_it_goes_on()
    {
        await Eventually.Holds(async () => Status(await Page("?include=process"), "process") == "ok", "the process to serve");
        Posix.Stop(world.Process.ProcessId);
        try
        {
            // The connection is there and takes the request; nobody answers.
            var (page, took) = await PageInTime("?include=process,profile", tries: 2);
            Assert.True(took >= RemoteLimit - TimeSpan.FromMilliseconds(5), $"{took}");
            Assert.Equal(("failed", "ok"), (Status(page, "process"), Status(page, "profile")));
            Assert.Equal("part_timeout", page.GetProperty("parts").GetProperty("process").Text("code"));
            await Eventually.Holds(
                async () => (await Page("?include=process")).GetProperty("parts").GetProperty("process").Text("code") == "part_unavailable",
                "the breaker to open");
        }
        finally
        {
            Posix.Send(world.Process.ProcessId, Signal.Continue);
        }

        await Eventually.Holds(async () => Status(await Page("?include=process"), "process") == "ok", "the breaker to close");
    }

    [Fact]
    [Trait("Category", Campaign.Category)]
    public async Task Keeps_no_connection_and_no_thread_after_many_faults()
    {
        var random = new Random(1);
        Behaviour[] faults = [Behaviour.Reset, Behaviour.Half, Behaviour.Broken, Behaviour.Hung];
        Remote.Behaviour = Behaviour.Reset;
        await Faults(20);
        var threads = ThreadPool.ThreadCount;
        // Fifty at a time: 200 in the suite, and 1,000 when campaigns are asked for.
        for (var round = 0; round < (Campaign.IsOnRequest ? 20 : 4); round++)
        {
            Remote.Behaviour = round < faults.Length ? faults[round] : faults[random.Next(faults.Length)];
            await Faults(50);
        }

        // A whole answer of 500 leaves its connection to the next read, which the client takes first; a reset ends it.
        Remote.Behaviour = Behaviour.Reset;
        await Eventually.Holds(
            async () =>
            {
                await Page("?include=plain");
                return Remote.OpenConnections == 0;
            },
            "the connections to be closed");
        Assert.InRange(ThreadPool.ThreadCount, 0, threads + 20);
        Remote.Behaviour = Behaviour.Good;
        Assert.Equal("ok", Status(await Page("?include=plain"), "plain"));

        Task Faults(int count) => Parallel.ForAsync(
            0,
            count,
            new ParallelOptions { MaxDegreeOfParallelism = 50 },
            async (_, _) => Assert.Equal("failed", Status(await Page("?include=plain"), "plain")));
    }

    [Fact]
    public async Task Is_described_with_every_declared_part()
    {
        var document = await world.App.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        var properties = document.GetProperty("components").GetProperty("schemas").GetProperty("DashboardDto").GetProperty("properties");
        Assert.Equal(
            ["forecasts", "notifications", "plain", "process", "profile", "remote", "wallets", "parts", "errors"],
            properties.EnumerateObject().Select(property => property.Name));
        Assert.Equal("#/components/schemas/UserDto", properties.GetProperty("profile").GetProperty("oneOf")[1].Text("$ref"));
        Assert.Equal("#/components/schemas/RemoteDto", properties.GetProperty("remote").GetProperty("oneOf")[1].Text("$ref"));
    }

    /// <summary>A page that keeps the limit of its late part.</summary>
    private async Task<(JsonElement Page, TimeSpan Took)> PageInTime(string query, int tries = 3)
    {
        JsonElement page = default;
        var took = await TimeLimit.Holds(
            RemoteLimit + Tolerance,
            async () =>
            {
                var started = Stopwatch.GetTimestamp();
                page = await Page(query);
                return Stopwatch.GetElapsedTime(started);
            },
            tries);
        return (page, took);
    }

    private Task<JsonElement> Page(string query = "") => _person.GetAsync(Path + query).Json(HttpStatusCode.OK);

    private static string Status(JsonElement page, string part) => page.GetProperty("parts").GetProperty(part).Text("status");

    /// <summary>Begins a stream of parts; its head has arrived.</summary>
    private Task<HttpResponseMessage> Events(TestPerson person, string query, HttpClient? at = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, Path + query);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person.AccessToken);
        request.Headers.Accept.ParseAdd("text/event-stream");
        return (at ?? world.App.Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>A part that is ready when a test says so.</summary>
    [DashboardPart("held")]
    internal sealed class HeldPart(TaskCompletionSource held) : IDashboardPart<RemoteDto>
    {
        public async Task<Result<RemoteDto>> Read(CancellationToken cancellationToken)
        {
            await held.Task.WaitAsync(cancellationToken);
            return new RemoteDto("held");
        }
    }
}
