using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Portico.IntegrationTests.Stacks;
using Portico.Testing;

namespace Portico.IntegrationTests.Auth;

/// <summary>
/// Nobody can tell by the time of an answer who has an account: what a sign-in makes PostgreSQL, Redis and the hasher do is the same.
/// </summary>
public sealed partial class SameWorkTests : IAsyncLifetime
{
    private readonly string _prefix = $"work-{Guid.NewGuid():N}:";
    private PorticoApp _old = null!;
    private PorticoApp _app = null!;

    public async Task InitializeAsync()
    {
        _old = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["Passwords:Algorithm"] = "pbkdf2",
                ["Passwords:Pbkdf2Iterations"] = "1000",
            },
        });
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Database = _old.Database,
            Settings =
            {
                ["Redis:KeyPrefix"] = _prefix,
                ["SignIn:FreeFailures"] = "3",
                ["SignIn:ChallengeAfter"] = "3",
            },
        });
    }

    public async Task DisposeAsync()
    {
        await _app.DisposeAsync();
        await _old.DisposeAsync();
    }

    [Fact]
    public async Task Of_a_refused_sign_in_is_the_same_for_every_account_and_none()
    {
        var person = await _app.SignUpAsync();
        var outdated = await _old.SignUpAsync();
        var blocked = await _app.SignUpAsync();
        await _app.Database.ExecuteAsync("UPDATE users SET status = 'blocked' WHERE email = $1", blocked.Email);
        // Imported: a hash that this process has never met.
        var imported = await _app.SignUpAsync();
        await _app.Database.ExecuteAsync(
            "UPDATE identity.credentials SET password_hash = $1 WHERE id = (SELECT id FROM users WHERE email = $2)",
            "$2b$05$abcdefghijklmnopqrstuuhI5OkmtXeU4o4O7kWnJ5ep/uT8Fi7Zu",
            imported.Email);
        foreach (var email in new[] { outdated.Email, imported.Email, PorticoApp.NewEmail() })
            await Work(email, "wrong password", HttpStatusCode.Unauthorized);

        var expected = await Work(PorticoApp.NewEmail(), "wrong password", HttpStatusCode.Unauthorized);
        Assert.Equal("hashes argon2id 1, bcrypt 1, pbkdf2 1", expected[^1]);
        Assert.Equal(1, expected.Count(line => line.StartsWith("SELECT", StringComparison.Ordinal)));
        Assert.Equal(2, expected.Count(line => line.Contains("EVALSHA", StringComparison.Ordinal)));
        Assert.Equal(expected, await Work(person.Email, "wrong password", HttpStatusCode.Unauthorized));
        Assert.Equal(expected, await Work(outdated.Email, "wrong password", HttpStatusCode.Unauthorized));
        Assert.Equal(expected, await Work(imported.Email, "wrong password", HttpStatusCode.Unauthorized));
        Assert.Equal(expected, await Work(blocked.Email, blocked.Password, HttpStatusCode.Unauthorized));
    }

    [Fact]
    public async Task Of_a_challenge_is_the_same_whether_or_not_the_password_was_right()
    {
        var person = await _app.SignUpAsync();
        var outdated = await _old.SignUpAsync();
        var stranger = PorticoApp.NewEmail();
        foreach (var email in new[] { person.Email, outdated.Email, stranger })
        {
            for (var n = 0; n < 3; n++)
                (await Post("login", new { email, password = "wrong password" })).Dispose();
            await Work(email, "wrong password", HttpStatusCode.Accepted);
        }

        var expected = await Work(stranger, "wrong password", HttpStatusCode.Accepted);
        Assert.Equal("hashes argon2id 1, pbkdf2 1", expected[^1]);
        Assert.Equal(5, expected.Count(line => line.StartsWith('"')));
        Assert.Equal(expected, await Work(person.Email, "wrong password", HttpStatusCode.Accepted));
        Assert.Equal(expected, await Work(person.Email, person.Password, HttpStatusCode.Accepted));
        Assert.Equal(expected, await Work(outdated.Email, outdated.Password, HttpStatusCode.Accepted));
    }

    [Fact]
    public async Task Of_a_wrong_code_is_the_same_whether_or_not_the_password_was_right()
    {
        var person = await _app.SignUpAsync();
        for (var n = 0; n < 3; n++)
            (await Post("login", new { person.Email, password = "wrong password" })).Dispose();
        var hopeless = (await Post("login", new { person.Email, password = "wrong password" }).Json(HttpStatusCode.Accepted))
            .Text("challengeId");
        var real = (await Post("login", new { person.Email, person.Password }).Json(HttpStatusCode.Accepted)).Text("challengeId");
        await Work("login/challenge", new { challengeId = hopeless, method = "addressCode", code = "000000" }, HttpStatusCode.BadRequest);

        var expected = await Work(
            "login/challenge", new { challengeId = hopeless, method = "addressCode", code = "000000" }, HttpStatusCode.BadRequest);
        Assert.Equal(3, expected.Count(line => line.StartsWith('"')));
        Assert.Equal(
            expected,
            await Work("login/challenge", new { challengeId = real, method = "addressCode", code = "000000" }, HttpStatusCode.BadRequest));
    }

    private Task<string[]> Work(string email, string password, HttpStatusCode expected) => Work("login", new { email, password }, expected);

    /// <summary>
    /// Every command to Redis, every statement to PostgreSQL, and the hashes of each algorithm, in the order in which they were asked for.
    /// </summary>
    private async Task<string[]> Work(string path, object body, HttpStatusCode expected)
    {
        using var monitor = await Wire.ConnectAsync(_app.Stack.Redis);
        await monitor.SayAsync("MONITOR");
        Assert.Equal("+OK", await monitor.LineAsync());
        var before = await Hashes();
        var trace = ActivityTraceId.CreateRandom();
        var statements = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = statements.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await Post(path, body, trace).Json(expected);

        var end = Guid.NewGuid().ToString("N");
        Assert.Equal(end, await Wire.RedisAsync(_app.Stack.Redis, $"ECHO {end}"));
        List<string> commands = [];
        for (var line = await monitor.LineAsync(); !line.Contains(end, StringComparison.Ordinal); line = await monitor.LineAsync())
        {
            // What a script does inside differs by what it finds; ended sessions are followed and requests counted in the background.
            if (line.Contains(_prefix, StringComparison.Ordinal) && !line.Contains(" lua]", StringComparison.Ordinal) &&
                !line.Contains("sessions:revoked", StringComparison.Ordinal) && !line.Contains(":requests:", StringComparison.Ordinal))
            {
                commands.Add(Nameless(line));
            }
        }

        return
        [
            .. commands, .. statements.Where(statement => statement.TraceId == trace).Select(Text),
            $"hashes {Difference(before, await Hashes())}"
        ];
    }

    private Task<HttpResponseMessage> Post(string path, object body, ActivityTraceId trace = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/auth/{path}") { Content = JsonContent.Create(body) };
        if (trace != default)
            request.Headers.Add("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01");
        return _app.Client.SendAsync(request);
    }

    private async Task<Dictionary<string, long>> Hashes()
    {
        var text = await _app.Client.GetStringAsync(new Uri(_app.Management, "/metrics"));
        return HashesLine().Matches(text).ToDictionary(
            line => line.Groups["algorithm"].Value,
            line => long.Parse(line.Groups["count"].Value, CultureInfo.InvariantCulture),
            StringComparer.Ordinal);
    }

    private static string Difference(Dictionary<string, long> before, Dictionary<string, long> after) => string.Join(
        ", ",
        from pair in after
        let count = pair.Value - before.GetValueOrDefault(pair.Key)
        where count > 0
        orderby pair.Key
        select $"{pair.Key} {count}");

    private static string Text(Activity statement) =>
        (statement.GetTagItem("db.query.text") ?? statement.GetTagItem("db.statement") ?? statement.DisplayName)
            .ToString()!.ReplaceLineEndings(" ");

    /// <summary>
    /// The command without whom it is about: time, pseudonyms, MACs, random ids, what is sealed, and the name of the code that nobody is
    /// told.
    /// </summary>
    private static string Nameless(string line)
    {
        var command = Secrets()
            .Replace(line[line.IndexOf('"', StringComparison.Ordinal)..].Replace("signInDecoy", "signIn", StringComparison.Ordinal), "…");
        return command.StartsWith("\"SETEX\"", StringComparison.Ordinal) ? string.Join(' ', command.Split(' ').Take(3)) : command;
    }

    [GeneratedRegex(@"(?<=[{:""])[A-Za-z0-9_-]{22,65}(?=[}""])", RegexOptions.None, 1000)]
    private static partial Regex Secrets();

    [GeneratedRegex(
        @"^portico_password_hashes_total\{[^}]*algorithm=""(?<algorithm>[^""]+)""[^}]*\} (?<count>[0-9]+)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        1000)]
    private static partial Regex HashesLine();
}
