using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portico.Testing;
using StackExchange.Redis;
using Role = Portico.Domain.Users.Role;

namespace Portico.IntegrationTests.SecondFactors;

/// <summary>One application for all tests of second factors, and another process of it in which administrators need one.</summary>
public sealed class FactorWorld : IAsyncLifetime
{
    /// <summary>The tests that share it.</summary>
    [CollectionDefinition(Name)]
    public sealed class Tests : ICollectionFixture<FactorWorld>
    {
        public const string Name = "Second factors";
    }

    public PorticoApp App { get; private set; } = null!;

    public PorticoApp Strict { get; private set; } = null!;

    /// <summary>What the first process has logged, statements of the database included.</summary>
    internal RecordedLog Log { get; } = new();

    public async Task InitializeAsync()
    {
        App = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                // Who stands behind the trusted proxy is whom the test says.
                ["Proxies:Trusted:0"] = "127.0.0.1",
                ["SignIn:FreeFailures"] = "20",
                ["SignIn:ChallengeAfter"] = "3",
                ["Logging:Recorded:LogLevel:Default"] = "Information",
                ["Logging:Recorded:LogLevel:Microsoft"] = "Information",
                ["Logging:Recorded:LogLevel:Portico"] = "Debug",
            },
            Services = services => services.AddSingleton<ILoggerProvider>(Log),
        });
        Strict = await PorticoApp.StartAsync(
            new PorticoAppOptions
            {
                ReplicaOf = App,
                // Either of the two sends a message.
                Settings = { ["SignIn:RequireSecondFactorFor:0"] = "Admin", ["Mail:Mailbox"] = App.Mailbox },
            });
    }

    public async Task DisposeAsync()
    {
        await Strict.DisposeAsync();
        await App.DisposeAsync();
    }

    /// <summary>Signs somebody up who has an authenticator app.</summary>
    internal async Task<(TestPerson Person, TotpClock Clock, string[] RecoveryCodes)> EnrolledAsync(Role role = Role.User)
    {
        var person = role == Role.User ? await App.SignUpAsync() : await App.SignUpAsync(role);
        var (clock, codes) = await EnrolAsync(person);
        return (person, clock, codes);
    }

    /// <summary>Adds an authenticator app; its first time step is free again afterwards.</summary>
    internal async Task<(TotpClock Clock, string[] RecoveryCodes)> EnrolAsync(TestPerson person)
    {
        var added = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp").Json(HttpStatusCode.OK);
        var clock = TotpClock.Of(added.Text("secret"));
        var confirmed = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/totp/confirm", new { code = clock.Code() })
            .Json(HttpStatusCode.OK);
        await FreeStepsAsync(person);
        return (clock, [.. confirmed.GetProperty("recoveryCodes").EnumerateArray().Select(code => code.GetString()!)]);
    }

    /// <summary>Forgets that a time step was used, so that no test waits for the next one.</summary>
    internal Task FreeStepsAsync(TestPerson person) =>
        App.Database.ExecuteAsync("UPDATE identity.totp SET last_step = 0 WHERE user_id = $1", person.Id);

    /// <summary>Registers a passkey.</summary>
    internal async Task<SoftwareAuthenticator> PasskeyAsync(TestPerson person, PorticoApp? app = null)
    {
        var authenticator = new SoftwareAuthenticator((app ?? App).Api);
        var options = await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys/options").Json(HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, "/api/v1/users/me/passkeys", authenticator.Register(options)).Json(HttpStatusCode.Created);
        return authenticator;
    }

    internal Task<JsonElement> OptionsAsync() => App.Client.Post("auth/passkeys/options", new { }).Json(HttpStatusCode.OK);

    internal static Task<HttpResponseMessage> AnswerAsync(PorticoApp app, JsonElement challenge, string method, object? proof) =>
        app.Client.Post(
            "auth/login/challenge",
            method == "passkey"
                ? new { challengeId = challenge.Text("challengeId"), method, passkey = proof }
                : new { challengeId = challenge.Text("challengeId"), method, code = proof });

    internal Task<HttpResponseMessage> AnswerAsync(JsonElement challenge, string method, object? proof) =>
        AnswerAsync(App, challenge, method, proof);

    internal static string MethodsOf(JsonElement challenge) =>
        string.Join(' ', challenge.GetProperty("methods").EnumerateArray().Select(method => method.GetString()));

    internal Task<HttpResponseMessage> SendAsync(string path, object body, string from) => App.Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, $"/api/v1/auth/{path}")
        {
            Content = JsonContent.Create(body),
            Headers = { { "X-Forwarded-For", from } },
        });

    /// <summary>Makes a session older.</summary>
    /// <param name="person">Whose session it is.</param>
    /// <param name="field"><c>created</c> for its beginning, <c>factor</c> for the proof of the second factor.</param>
    internal async Task AgeAsync(TestPerson person, string field)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(App.Stack.Redis.ConnectionString);
        await redis.GetDatabase().HashSetAsync(
            $"{App.Settings["Redis:KeyPrefix"]}session:{{{person.Id:N}}}:{person.SessionId:N}",
            field,
            DateTimeOffset.UtcNow.AddMinutes(-11).ToUnixTimeMilliseconds());
    }

    internal Task<string> AuditAsync(TestPerson person) => App.Database.TextAsync(
        "SELECT coalesce(string_agg(action, ' ' ORDER BY id), '') FROM audit_log WHERE subject_id = $1", person.Id.ToString());

    internal static string Wrong(string code) => code == "000000" ? "000001" : "000000";
}
