using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Operation;
using Portico.Domain.Users;
using Portico.Testing;
using Portico.WebApi.Observability;

namespace Portico.IntegrationTests.Operation;

/// <summary>The live numbers, once and as a stream.</summary>
public sealed class OverviewTests : PorticoTests
{
    private const string Path = "/api/v1/overview";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Shows_health_rates_and_what_waits()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var overview = await admin.GetAsync(Path).Json(HttpStatusCode.OK);
        var checks = overview.GetProperty("health").GetProperty("checks").EnumerateArray().ToArray();
        Assert.Contains(checks, check => (check.Text("name"), check.Text("status")) == ("postgresql", "ok"));
        Assert.True(overview.GetProperty("windowSeconds").GetDouble() > 0);
        foreach (var part in new[] { "outbox", "messages" })
            Assert.True(overview.GetProperty(part).GetProperty("waiting").GetInt64() >= 0);

        // Requests of this test, and wrong ones, are in one of the next readings.
        await Eventually.Holds(
            async () =>
            {
                await admin.GetAsync("/api/v1/users/x").Problem(HttpStatusCode.NotFound, "not_found");
                var requests = (await admin.GetAsync(Path).Json(HttpStatusCode.OK)).GetProperty("requests");
                return requests.GetProperty("perSecond").GetDouble() > 0 && requests.GetProperty("clientErrorsPerSecond").GetDouble() > 0;
            },
            "requests and errors are counted");
    }

    [Fact]
    public async Task Streams_new_numbers_and_ends_with_the_session()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        using var answer = await OpenAsync(admin);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync());
        var first = (await NextAsync(reader))!.Value;
        var second = (await NextAsync(reader))!.Value;
        Assert.Equal("ready", first.GetProperty("health").Text("status"));
        Assert.True(second.GetProperty("at").GetDateTimeOffset() > first.GetProperty("at").GetDateTimeOffset());

        await admin.SendAsync(HttpMethod.Post, "/api/v1/auth/logout").Json(HttpStatusCode.NoContent);
        while (await NextAsync(reader) is not null)
        {
            // Numbers that were on their way.
        }
    }

    [Fact]
    public async Task Reads_once_for_all_who_ask_at_the_same_time()
    {
        var numbers = App.Services.GetRequiredService<ILiveNumbers>();
        var read = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => numbers.Read(default))));
        // Two, if one reading ended in between.
        Assert.InRange(read.Distinct().Count(), 1, 2);
    }

    [Fact]
    public async Task Refuses_a_stream_too_many()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var streams = App.Services.GetRequiredService<OverviewStreams>();
        List<IDisposable> places = [];
        while (streams.TryOpen() is { } place)
            places.Add(place);
        try
        {
            Assert.InRange(places.Count, 1, OverviewStreams.MaxStreams);
            using var refused = await OpenAsync(admin);
            await refused.Problem(HttpStatusCode.TooManyRequests, "too_many_streams");
        }
        finally
        {
            places.ForEach(place => place.Dispose());
        }

        using var allowed = await OpenAsync(admin);
        Assert.Equal(HttpStatusCode.OK, allowed.StatusCode);
    }

    private Task<HttpResponseMessage> OpenAsync(TestPerson person)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"{Path}/events");
        request.Headers.Authorization = new("Bearer", person.AccessToken);
        return App.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>The data of the next event; <c>null</c> after the end.</summary>
    private static async Task<JsonElement?> NextAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync().WaitAsync(Patience) is { } line)
        {
            if (line.StartsWith("data: ", StringComparison.Ordinal))
                return JsonSerializer.Deserialize<JsonElement>(line["data: ".Length..]);
        }

        return null;
    }
}
