using System.Net;
using System.Text.Json;
using Portico.IntegrationTests.Characters;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Batch;

/// <summary>Several reads in one round trip.</summary>
public sealed class BatchTests : PorticoTests
{
    private const string Path = "/api/v1/batch";

    [Fact]
    public async Task Answers_each_request_with_its_own_status_and_headers_in_their_order()
    {
        var person = await App.SignUpAsync();
        var other = await App.SignUpAsync();
        var (own, strangers) = (await person.OpenWalletAsync(), await other.OpenWalletAsync());

        var answers = await Send(
            person,
            "/api/v1/users/me",
            $"/api/v1/wallets/{own}",
            $"/api/v1/wallets/{strangers}",
            "/api/v1/wallets?limit=1",
            "/api/v1/users",
            "/api/v1/nowhere",
            "/api/v9/users/me",
            "/api/v1/wallets?limit=x",
            "/api/v1/dashboard?include=profile");

        Assert.Equal([200, 200, 404, 200, 403, 404, 404, 400, 200], answers.Select(Status));
        Assert.Equal(person.Email, answers[0].GetProperty("body").Text("email"));
        Assert.Equal(own, answers[1].GetProperty("body").GetProperty("id").GetGuid());
        Assert.NotEmpty(Header(answers[1], "ETag"));
        Assert.Equal("not_found", answers[2].GetProperty("body").Text("code"));
        Assert.Equal("application/problem+json", Header(answers[2], "Content-Type"));
        Assert.Equal("validation_failed", answers[7].GetProperty("body").Text("code"));
        Assert.Equal(person.Email, answers[8].GetProperty("body").GetProperty("profile").Text("email"));
        Assert.All(answers, answer => Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options")));
        Assert.All(answers, answer => Assert.Equal("no-store", Header(answer, "Cache-Control")));
        Assert.Distinct(answers.Select(answer => Header(answer, "X-Request-Id")));
    }

    [Fact]
    public async Task Sends_the_headers_of_each_request()
    {
        var person = await App.SignUpAsync();
        var (id, _) = await person.CreateCharacter();
        var path = $"/api/v1/characters/{id}";
        var tag = Header((await Send(person, path))[0], "ETag");

        var answers = await Answers(person, new object[]
        {
            new { path, headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["If-None-Match"] = tag } },
            new { path, headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["accept"] = "text/csv" } },
            new { path },
        });

        Assert.Equal([304, 406, 200], answers.Select(Status));
        Assert.Equal(JsonValueKind.Null, answers[0].GetProperty("body").ValueKind);
    }

    [Fact]
    public async Task Counts_each_request_by_the_rate_limit()
    {
        var person = await App.SignUpAsync();
        var before = await Left(person);
        var answers = await Send(person, [.. Enumerable.Repeat("/api/v1/auth/check", 5)]);
        Assert.Equal(before - 6, answers.Min(Left));
        Assert.Equal(before - 7, await Left(person));
    }

    [Fact]
    public async Task Takes_nothing_that_is_not_a_read_of_this_api()
    {
        var person = await App.SignUpAsync();
        foreach (var path in new[]
        {
            "/metrics", "/health/ready", "/swagger/index.html", "/openapi/v1.json", "//api/v1/users/me", "/api/v1/../../metrics", "/api",
            "/api/v1/users/%6de", "/api/v1/users/me#x", "http://example.com/api/v1/users/me", "/api/v1/users/me ", "/api/v1//users/me", "",
            "/api/v1/users/\u00e4",
        })
            await Refused(person, new { path });

        await Refused(person, new { path = "/api/v1/auth/logout", method = "POST" });
        await Refused(person, new { path = "/api/v1/users/me", method = "get" });
        await Refused(
            person,
            new
            {
                path = "/api/v1/users/me",
                headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Authorization"] = "Bearer x" },
            });
        await Refused(
            person,
            new
            {
                path = "/api/v1/users/me",
                headers = new Dictionary<string, string>(StringComparer.Ordinal) { ["Accept"] = "a\r\nb" },
            });

        await Refused(
            person,
            new
            {
                path = "/api/v1/users/me",
                headers = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Accept"] = null },
            });

        // A batch in a batch, and a command: there is no GET for them.
        Assert.Equal([405, 405], (await Send(person, Path, "/api/v1/auth/logout")).Select(Status));
        await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(21)]
    public async Task Refuses_a_batch_that_is_empty_or_too_long(int count)
    {
        var person = await App.SignUpAsync();
        var requests = Enumerable.Repeat(new { path = "/api/v1/users/me" }, count);
        await person.SendAsync(HttpMethod.Post, Path, new { requests }).Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Fact]
    public async Task Asks_for_a_caller()
    {
        using var answer = await App.Client.Post("batch", new { requests = new[] { new { path = "/api/v1/currencies" } } });
        await answer.Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private static async Task Refused(TestPerson person, object request)
    {
        var problem = await person.SendAsync(HttpMethod.Post, Path, new { requests = new[] { request } })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Contains("requests[0].", problem.GetProperty("errors").ToString(), StringComparison.Ordinal);
    }

    private static Task<JsonElement[]> Send(TestPerson person, params string[] paths) =>
        Answers(person, paths.Select(path => new { path }));

    private static async Task<JsonElement[]> Answers(TestPerson person, IEnumerable<object> requests)
    {
        var answer = await person.SendAsync(HttpMethod.Post, Path, new { requests }).Json(HttpStatusCode.OK);
        return [.. answer.GetProperty("responses").EnumerateArray()];
    }

    private static int Status(JsonElement answer) => answer.GetProperty("status").GetInt32();

    private static string Header(JsonElement answer, string name) => answer.GetProperty("headers").EnumerateObject()
        .Single(header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value.GetString()!;

    private static int Left(JsonElement answer) => Left(Header(answer, "RateLimit"));

    private static async Task<int> Left(TestPerson person)
    {
        using var answer = await person.GetAsync("/api/v1/auth/check");
        return Left(Assert.Single(answer.Headers.GetValues("RateLimit")));
    }

    private static int Left(string header) =>
        int.Parse(header.Split(";r=")[1].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
}
