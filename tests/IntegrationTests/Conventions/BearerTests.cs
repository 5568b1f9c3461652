using System.Buffers.Text;
using System.Net;

namespace Portico.IntegrationTests.Conventions;

public sealed class BearerTests : IAsyncLifetime
{
    private ProbeApp _app = null!;

    public async Task InitializeAsync() => _app = await ProbeApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Lets_a_good_token_in_and_nothing_else()
    {
        var (token, _) = _app.SignIn();
        var mine = await _app.Get($"{Requests.Probes}/mine", ("Authorization", $"Bearer {token}")).Json(HttpStatusCode.OK);
        Assert.True(Guid.TryParse(mine.Text("caller"), out _));
        await _app.Get($"{Requests.Probes}/mine", ("Authorization", $"bearer {token}")).Json(HttpStatusCode.OK);

        string[] credentials =
        [
            $"Bearer  {token}",
            $"Bearer {token} x",
            $"Basic {token}",
            "Bearer",
            "Bearer ",
            $"Bearer {token[..^2]}AA",
            token,
            $"Bearer {new string('a', 9000)}",
        ];
        foreach (var bad in credentials)
        {
            var response = await _app.Get($"{Requests.Probes}/mine", ("Authorization", bad));
            await response.Problem(HttpStatusCode.Unauthorized, "unauthenticated");
            Assert.Contains("error=\"invalid_token\"", response.Header("WWW-Authenticate"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Asks_for_a_token_without_blaming_one()
    {
        var response = await _app.Get($"{Requests.Probes}/mine");
        await response.Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        Assert.Equal("Bearer realm=\"portico\"", response.Header("WWW-Authenticate"));
    }

    [Fact]
    public async Task Refuses_two_tokens()
    {
        var (token, _) = _app.SignIn();
        var text = await _app.RawAsync(
            $"GET {Requests.Probes}/mine HTTP/1.1\r\nHost: x\r\n"
            + $"Authorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 401", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_the_token_of_an_ended_session()
    {
        var (token, session) = _app.SignIn();
        await _app.Get($"{Requests.Probes}/mine", ("Authorization", $"Bearer {token}")).Json(HttpStatusCode.OK);
        _app.Options.Ended[session] = true;
        await _app.Get($"{Requests.Probes}/mine", ("Authorization", $"Bearer {token}"))
            .Problem(HttpStatusCode.Unauthorized, "unauthenticated");
    }

    [Theory]
    [InlineData(true, HttpStatusCode.Unauthorized, "unauthenticated")]
    [InlineData(false, HttpStatusCode.ServiceUnavailable, "dependency_unavailable")]
    public async Task Calls_a_token_of_an_unknown_key_invalid_only_when_the_keys_could_be_read(
        bool canRead, HttpStatusCode status, string code)
    {
        await using var app = await ProbeApp.StartAsync(new ProbeOptions { CanReadKeys = canRead });
        var (token, _) = app.SignIn();
        var header = Base64Url.EncodeToString("""{"alg":"RS256","typ":"at+jwt","kid":"of-another-replica"}"""u8);
        await app.Get($"{Requests.Probes}/mine", ("Authorization", $"Bearer {header}{token[token.IndexOf('.')..]}")).Problem(status, code);
    }

    [Fact]
    public async Task Asks_no_token_where_none_is_needed() =>
        await _app.Get(Requests.Probes, ("Authorization", "Bearer broken")).Json(HttpStatusCode.OK);

    [Fact]
    public async Task Lets_only_those_through_whose_role_grants_it()
    {
        await _app.Get($"{Requests.Probes}/administered", ("Authorization", $"Bearer {_app.SignIn().Token}"))
            .Problem(HttpStatusCode.Forbidden, "forbidden");
        await _app.Get($"{Requests.Probes}/administered", ("Authorization", $"Bearer {_app.SignIn(Domain.Users.Role.Admin).Token}"))
            .Json(HttpStatusCode.OK);
    }
}
