using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

/// <summary>By what a request is found again: its id, its line in the access log, its trace.</summary>
public sealed class RequestLogTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private ProbeApp App => probes.App;

    [Theory]
    [InlineData("order-42/~", true)]
    [InlineData("a b", false)]
    [InlineData("", false)]
    public async Task Keeps_a_usable_request_id_and_replaces_any_other(string given, bool isKept)
    {
        var answered = (await App.Get(Requests.Probes, ("X-Request-Id", given))).Header("X-Request-Id");
        Assert.Equal(isKept, answered == given);
        Assert.True(isKept || Guid.Parse(answered).Version == 7);
        var tooLong = new string('x', 129);
        Assert.NotEqual(tooLong, (await App.Get(Requests.Probes, ("X-Request-Id", tooLong))).Header("X-Request-Id"));
    }

    [Fact]
    public async Task Writes_one_line_a_request_with_its_id_and_without_its_query()
    {
        var id = $"line-{Guid.NewGuid():N}";
        await App.Get($"{Requests.Probes}/{Guid.NewGuid()}?secret=hidden", ("X-Request-Id", id), ("Authorization", "Bearer hidden"));
        Assert.StartsWith("GET api/v{version:apiVersion}/probes/{id:guid} 200 in ", await LineOfAsync(id), StringComparison.Ordinal);
        Assert.DoesNotContain(App.Options.Log.Lines, any => any.Message.Contains("hidden", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/nowhere")]
    [InlineData("/api/v9/probes")]
    [InlineData("/api/vx/probes")]
    public async Task Writes_no_route_of_what_is_not_there(string path)
    {
        var id = $"line-{Guid.NewGuid():N}";
        await App.Get(path, ("X-Request-Id", id));
        Assert.StartsWith("GET (none) 404 in ", await LineOfAsync(id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Continues_the_trace_of_the_caller()
    {
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        var response = await App.Get("/nowhere", ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));
        Assert.Equal(Trace, (await response.Body()).Text("traceId"));
        Assert.Matches($"^00-{Trace}-[0-9a-f]{{16}}-0[01]$", response.Header("traceparent"));
        Assert.DoesNotContain("00f067aa0ba902b7", response.Header("traceparent"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("00-00000000000000000000000000000000-00f067aa0ba902b7-01")]
    [InlineData("|legacy.1.")]
    public async Task Begins_a_trace_of_its_own_after_a_bad_one(string traceParent)
    {
        var response = await App.Get("/nowhere", ("traceparent", traceParent));
        Assert.Matches("^[0-9a-f]{32}$", (await response.Body()).Text("traceId"));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", response.Header("traceparent"));
    }

    /// <summary>The only line of the access log that a request has. It is written after the answer.</summary>
    private async Task<string> LineOfAsync(string requestId)
    {
        bool IsOf(LogLine line) =>
            line.RequestId == requestId && line.Category.EndsWith("AccessLog", StringComparison.Ordinal);

        await Eventually.Holds(() => Task.FromResult(App.Options.Log.Lines.Any(IsOf)), "the line of the request is written");
        return Assert.Single(App.Options.Log.Lines, IsOf).Message;
    }
}
