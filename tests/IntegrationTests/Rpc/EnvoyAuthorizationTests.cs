using System.Text.Json;
using Envoy.Config.Core.V3;
using Envoy.Service.Auth.V3;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Portico.Domain.Users;
using Portico.IntegrationTests.Cookies;
using Portico.Testing;

namespace Portico.IntegrationTests.Rpc;

/// <summary>What Envoy is told about a request of a client (ext_authz).</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class EnvoyAuthorizationTests(CookieWorld world) : IDisposable
{
    private const HeaderValueOption.Types.HeaderAppendAction Overwrite =
        HeaderValueOption.Types.HeaderAppendAction.OverwriteIfExistsOrAdd;

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Rpc", "client");

    private readonly GrpcChannel _channel = GrpcChannel.ForAddress(world.Rpc);

    private Authorization.AuthorizationClient Client => new(_channel);

    public void Dispose() => _channel.Dispose();

    [Fact]
    public async Task A_client_that_has_the_protos_of_envoy_reads_every_answer()
    {
        await NodePackages.InstallAsync();
        var manager = await world.App.SignUpAsync(Role.Manager);
        object Envoy(object headers, object? extensions = null) => new
        {
            service = "envoy",
            method = "check",
            request = new { attributes = new { request = new { http = new { headers } }, contextExtensions = extensions ?? new { } } },
        };
        var bearer = $"Bearer {manager.AccessToken}";
        var input = JsonSerializer.Serialize(new
        {
            address = world.Rpc.Authority,
            protos = Repository.File("proto"),
            calls = (object[])
            [
                Envoy(new Dictionary<string, string>(StringComparer.Ordinal) { ["authorization"] = bearer, ["x-portico-admin"] = "yes" }),
                Envoy(new { }),
                Envoy(new { authorization = bearer }, new { permission = "audit.read" }),
                new { service = "auth", method = "check", token = manager.AccessToken, request = new { } },
                new { service = "auth", method = "check", request = new { } },
            ],
        });

        var run = await Shell.RunAsync("node", ["calls.mjs"], input, Folder, TimeSpan.FromSeconds(60));

        Assert.True(run.ExitCode == 0, run.Errors);
        var answers = JsonDocument.Parse(run.Output).RootElement.EnumerateArray().ToArray();
        var ok = answers[0].GetProperty("okResponse");
        var user = ok.GetProperty("headers").EnumerateArray().First(one => one.GetProperty("header").Text("key") == "x-portico-user");
        Assert.Equal(manager.Id.ToString(), user.GetProperty("header").Text("value"));
        Assert.Equal("OVERWRITE_IF_EXISTS_OR_ADD", user.Text("appendAction"));
        Assert.Contains("x-portico-admin", ok.GetProperty("headersToRemove").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(16, answers[1].GetProperty("status").GetProperty("code").GetInt32());
        Assert.Equal("Unauthorized", answers[1].GetProperty("deniedResponse").GetProperty("status").Text("code"));
        Assert.Equal(7, answers[2].GetProperty("status").GetProperty("code").GetInt32());
        Assert.Equal("Forbidden", answers[2].GetProperty("deniedResponse").GetProperty("status").Text("code"));
        Assert.Equal(manager.Id.ToString(), answers[3].Text("subject"));
        Assert.Equal("UNAUTHENTICATED", answers[4].Text("status"));
        Assert.Contains("UNAUTHENTICATED", answers[4].Text("details"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_the_caller_and_removes_all_that_a_client_made_up()
    {
        var person = await world.App.SignUpAsync();
        var answer = await AskAsync(
            ("authorization", $"Bearer {person.AccessToken}"), ("x-portico-user", $"{Guid.NewGuid()}"), ("x_portico_user", "x"),
            ("x-portico_roles", "admin"), ("x-portico-permissions", "users.manage"), ("x-portico-admin", "1"), ("cookie", "own=1"));

        Assert.Equal(0, answer.Status.Code);
        var set = answer.OkResponse.Headers.ToDictionary(one => one.Header.Key, one => one.Header.Value, StringComparer.Ordinal);
        Assert.Equal(person.Id.ToString(), set["x-portico-user"]);
        Assert.Equal(person.SessionId.ToString(), set["x-portico-session"]);
        Assert.Equal("user", set["x-portico-roles"]);
        Assert.Equal("own=1", set["cookie"]);
        Assert.All(answer.OkResponse.Headers, one => Assert.Equal(Overwrite, one.AppendAction));
        // A user without permissions: Envoy drops a field without a value, so that of the client is removed.
        Assert.Equal(
            ["authorization", "x-portico-admin", "x-portico-permissions", "x-portico_roles", "x_portico_user"],
            answer.OkResponse.HeadersToRemove.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_cookie_signs_in_under_the_same_rules_as_elsewhere_and_goes_no_further()
    {
        var (browser, person) = await world.SignedInAsync();
        var cookie = ("cookie", $"a=1; {CookieWorld.Cookie}={browser.Cookie}; b=2");
        var answer = await AskAsync(cookie);
        Assert.Equal(person.Id.ToString(), Set(answer, "x-portico-user"));
        Assert.Equal("a=1; b=2", Set(answer, "cookie"));

        answer = await AskAsync(("cookie", $"{CookieWorld.Cookie}={browser.Cookie}"), ("origin", world.Origin), ("x-csrf", "1"));
        Assert.Contains("cookie", answer.OkResponse.HeadersToRemove);
        Denied(await AskAsync(cookie, ("origin", "https://evil.example.com"), ("x-csrf", "1")), 403, "cross_site_request");
        Denied(await AskAsync(cookie, ("origin", world.Origin)), 403, "cross_site_request");
    }

    [Fact]
    public async Task Denies_with_problem_details_and_asks_for_the_permission_of_the_route()
    {
        var admin = await world.App.SignUpAsync(Role.Admin);
        var person = await world.App.SignUpAsync();
        var denied = await AskAsync();
        Denied(denied, 401, "unauthenticated");
        Assert.Equal(
            "application/problem+json", denied.DeniedResponse.Headers.Single(one => one.Header.Key == "Content-Type").Header.Value);
        Assert.Contains(denied.DeniedResponse.Headers, one => one.Header.Key == "WWW-Authenticate");
        Denied(await AskAsync(("authorization", "Bearer nonsense")), 401, "unauthenticated");
        Denied(
            await AskAsync(("authorization", $"Bearer {person.AccessToken},Bearer {admin.AccessToken}")), 401, "unauthenticated");

        Assert.NotNull((await AskAsync(admin, "audit.read")).OkResponse);
        Denied(await AskAsync(person, "audit.read"), 403, "forbidden");
        Denied(await AskAsync(admin, "audit.read&permission="), 403, "forbidden");
    }

    [Theory]
    [InlineData("permision", "audit.read")]
    [InlineData("permissions", "audit.read")]
    [InlineData("x\0&permission", "audit.read")]
    [InlineData("", "audit.read")]
    [InlineData("permission", "")]
    [InlineData("permission", " ")]
    public async Task A_mistake_in_the_route_lets_nobody_through(string name, string value)
    {
        var admin = await world.App.SignUpAsync(Role.Admin);
        var request = Request([("authorization", $"Bearer {admin.AccessToken}")], null);
        request.Attributes.ContextExtensions[name] = value;
        Denied(await Client.CheckAsync(request), 400, "validation_failed");
        request.Attributes.ContextExtensions["permission"] = "audit.read";
        if (name != "permission")
            Denied(await Client.CheckAsync(request), 400, "validation_failed");
    }

    [Fact]
    public async Task Raw_headers_of_envoy_are_the_same_and_two_tokens_are_none()
    {
        var person = await world.App.SignUpAsync();
        HeaderValue Raw(string key, string value) => new() { Key = key, RawValue = ByteString.CopyFromUtf8(value) };
        var request = Request([], null);
        request.Attributes.Request.Http.HeaderMap = new HeaderMap
        {
            Headers = { Raw("authorization", $"Bearer {person.AccessToken}"), Raw("x_portico_user", "x") },
        };
        var answer = await Client.CheckAsync(request);
        Assert.Equal(person.Id.ToString(), Set(answer, "x-portico-user"));
        Assert.Contains("x_portico_user", answer.OkResponse.HeadersToRemove);
        request.Attributes.Request.Http.HeaderMap.Headers.Add(Raw("authorization", "Bearer x"));
        Denied(await Client.CheckAsync(request), 401, "unauthenticated");
        Denied(await Client.CheckAsync(new CheckRequest()), 401, "unauthenticated");
    }

    private static void Denied(CheckResponse answer, int status, string code)
    {
        Assert.NotEqual(0, answer.Status.Code);
        Assert.Equal(status, answer.DeniedResponse.Status.Code);
        Assert.Equal(code, JsonDocument.Parse(answer.DeniedResponse.Body).RootElement.Text("code"));
    }

    private static string Set(CheckResponse answer, string name) =>
        answer.OkResponse.Headers.Single(one => one.Header.Key == name).Header.Value;

    private static CheckRequest Request((string Name, string Value)[] headers, string? permission)
    {
        var http = new AttributeContext.Types.HttpRequest();
        foreach (var (name, value) in headers)
            http.Headers[name] = value;
        var attributes = new AttributeContext { Request = new AttributeContext.Types.Request { Http = http } };
        if (permission is not null)
            attributes.ContextExtensions["permission"] = permission;
        return new CheckRequest { Attributes = attributes };
    }

    private async Task<CheckResponse> AskAsync(params (string Name, string Value)[] headers) =>
        await Client.CheckAsync(Request(headers, null));

    private async Task<CheckResponse> AskAsync(TestPerson person, string permission) =>
        await Client.CheckAsync(Request([("authorization", $"Bearer {person.AccessToken}")], permission));
}
