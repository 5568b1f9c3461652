using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

public sealed class HealthTests
{
    [Fact]
    public async Task Is_ready_while_everything_answers()
    {
        await using var app = await ProbeApp.StartAsync(Checks(out _, out _));
        var report = await app.Get("/health/ready").Json(HttpStatusCode.OK);
        Assert.Equal("ready", report.Text("status"));
        Assert.Equal("ok", report.GetProperty("checks").GetProperty("postgresql").Text("status"));
        Assert.True(report.GetProperty("checks").GetProperty("nats").GetProperty("durationMs").GetDouble() >= 0);
    }

    [Fact]
    public async Task Is_degraded_without_what_it_can_do_without()
    {
        await using var app = await ProbeApp.StartAsync(Checks(out _, out var watched));
        watched.Answer = _ => throw new InvalidOperationException("nats://secret@host is down");
        var report = await app.Get("/health/ready").Json(HttpStatusCode.OK);
        Assert.Equal("degraded", report.Text("status"));
        Assert.Equal("failed", report.GetProperty("checks").GetProperty("nats").Text("status"));
        Assert.DoesNotContain("secret", report.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_each_change_of_a_dependency_once_with_its_reason()
    {
        await using var app = await ProbeApp.StartAsync(Checks(out _, out var watched));
        watched.Answer = _ => throw new InvalidOperationException("There is no connection.");
        for (var runs = 0; runs < 2; runs = watched.Asked)
            await app.Get("/health/ready");
        var lines = app.Options.Log.Lines.Where(line => line.Message.Contains("nats", StringComparison.Ordinal));
        Assert.Equal("The dependency nats is Degraded now. There is no connection.", Assert.Single(lines).Message);
    }

    [Theory]
    [InlineData("/health/live")]
    [InlineData("/health/ready")]
    public async Task Takes_get_and_head_only(string path)
    {
        await using var app = await ProbeApp.StartAsync(Checks(out _, out _));
        Assert.Equal(HttpStatusCode.OK, (await app.Send(HttpMethod.Head, path)).StatusCode);
        await app.Send(HttpMethod.Post, path).Problem(HttpStatusCode.MethodNotAllowed, "method_not_allowed");
    }

    [Fact]
    public async Task Is_unready_without_what_it_needs_and_still_alive()
    {
        await using var app = await ProbeApp.StartAsync(Checks(out var needed, out _));
        needed.Answer = _ => Task.FromException(new TimeoutException());
        Assert.Equal("unready", (await app.Get("/health/ready").Json(HttpStatusCode.ServiceUnavailable)).Text("status"));
        await app.Get("/health/live").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Stays_ready_until_several_checks_in_a_row_have_failed()
    {
        await using var app = await ProbeApp.StartAsync(Checks(out var needed, out _), ("Health:FailureThreshold", "2"));
        await app.Get("/health/ready").Json(HttpStatusCode.OK);
        needed.Answer = _ => Task.FromException(new TimeoutException());
        await Eventually.Holds(
            async () =>
            {
                var answer = await app.Get("/health/ready");
                // One failure after the check that succeeded.
                if (needed.Asked == 2)
                    Assert.Equal("degraded", (await answer.Json(HttpStatusCode.OK)).Text("status"));
                return answer.StatusCode == HttpStatusCode.ServiceUnavailable;
            },
            "unready");
        Assert.Equal(3, needed.Asked);
    }

    [Fact]
    public async Task Waits_a_second_for_a_dependency_that_hangs_and_for_all_at_once()
    {
        await using var app = await ProbeApp.StartAsync(Checks(out var needed, out var watched));
        // Not even the token stops these.
        needed.Answer = watched.Answer = _ => new TaskCompletionSource().Task;
        var started = Stopwatch.GetTimestamp();
        await app.Get("/health/ready").Json(HttpStatusCode.ServiceUnavailable);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0.9, 1.9);
    }

    [Fact]
    public async Task Asks_its_dependencies_once_for_many_probes()
    {
        await using var app = await ProbeApp.StartAsync(Checks(out var needed, out _));
        var started = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => app.Get("/health/ready")));
        Assert.InRange(needed.Asked, 1, 1 + (int)Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    [Fact]
    public async Task Is_unready_as_soon_as_it_is_told_to_stop_and_serves_until_the_delay_is_over()
    {
        await using var app = await ProbeApp.StartAsync(Checks(out _, out _), ("Shutdown:DrainDelay", "00:00:02"));
        await app.Get("/health/ready").Json(HttpStatusCode.OK);
        var running = app.Get($"{Requests.Probes}/slow?milliseconds=2500");
        var stopped = app.StopAsync();
        Assert.Equal("unready", (await app.Get("/health/ready").Json(HttpStatusCode.ServiceUnavailable)).Text("status"));
        var late = await app.Get(Requests.Probes);
        Assert.Equal(HttpStatusCode.OK, late.StatusCode);
        Assert.True(late.Headers.ConnectionClose);
        Assert.Equal(HttpStatusCode.NoContent, (await running).StatusCode);
        await stopped;
        await Assert.ThrowsAsync<HttpRequestException>(() => app.Get("/health/live"));
    }

    [Fact]
    public async Task Listens_on_this_machine_only_however_localhost_is_written()
    {
        await using var app = await ProbeApp.StartAsync(("Management:Url", "http://LOCALHOST:0"));

        var addresses = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        Assert.All(addresses, address => Assert.StartsWith("http://127.0.0.1:", address, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Names_a_dependency_that_is_needed_and_not_known()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => ProbeApp.StartAsync(("Health:Required", "postgres")));
        Assert.Contains("Health:Required", Assert.Single(failure.Failures), StringComparison.Ordinal);
    }

    private static ProbeOptions Checks(out FakeCheck needed, out FakeCheck watched)
    {
        (needed, watched) = (new FakeCheck("postgresql", required: true), new FakeCheck("nats", required: false));
        return new ProbeOptions { Checks = [needed, watched] };
    }
}

public sealed class ManagementTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private ProbeApp App => probes.App;

    [Fact]
    public async Task Serves_metrics_on_its_own_address_only()
    {
        using var management = new HttpClient { BaseAddress = App.Management };
        var response = await management.GetAsync("/metrics");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Header("Content-Type"));
        await App.Get("/metrics").Problem(HttpStatusCode.NotFound, "not_found");
        await management.GetAsync(Requests.Probes).Problem(HttpStatusCode.NotFound, "not_found");
        await management.GetAsync("/swagger/index.html").Problem(HttpStatusCode.NotFound, "not_found");
        await management.GetAsync("/health/live").Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Is_not_fooled_by_the_host_header()
    {
        var answer = await App.RawAsync($"GET /metrics HTTP/1.1\r\nHost: {App.Management.Authority}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 404", answer, StringComparison.Ordinal);
    }
}
