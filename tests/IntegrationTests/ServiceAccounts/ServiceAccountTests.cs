using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Portico.Auth.V1;
using Portico.Domain.Users;
using Portico.IntegrationTests.Cookies;
using Portico.Testing;
using StackExchange.Redis;
using Role = Portico.Domain.Users.Role;

namespace Portico.IntegrationTests.ServiceAccounts;

/// <summary>Accounts of other services: tokens for secrets, what they open, rotation and the end.</summary>
[Collection(CookieWorld.Tests.Name)]
public sealed class ServiceAccountTests(CookieWorld world)
{
    private const string Accounts = "/api/v1/service-accounts";
    private const string TokenPath = "/api/v1/auth/token";

    private PorticoApp App => world.App;

    [Fact]
    public async Task There_are_never_more_than_allowed_also_when_many_are_made_at_once()
    {
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var admin = await app.SignUpAsync(Role.Admin);
        await app.Database.ExecuteAsync(
            """
            INSERT INTO identity.service_accounts (id, name, permissions, secrets_made, created_at, version)
            SELECT gen_random_uuid(), 'Service ' || n, '{}', 0, now(), 1 FROM generate_series(1, 95) n
            """);
        var made = await Task.WhenAll(Enumerable.Range(0, 20).Select(async n =>
        {
            using var answer = await admin.SendAsync(HttpMethod.Post, Accounts, new { name = $"{n}", permissions = (string[])[] });
            return answer.StatusCode;
        }));
        Assert.Equal(5, made.Count(status => status == HttpStatusCode.Created));
        Assert.Equal(15, made.Count(status => status == HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task Is_made_once_for_an_idempotency_key()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var account = new { name = $"Reports {Guid.NewGuid():N}", permissions = (string[])[] };
        var key = ("Idempotency-Key", $"{Guid.NewGuid()}");
        var made = await admin.SendAsync(HttpMethod.Post, Accounts, account, key).Json(HttpStatusCode.Created);
        using var again = await admin.SendAsync(HttpMethod.Post, Accounts, account, key);
        Assert.Equal(["true"], again.Headers.GetValues("Idempotency-Replayed"));
        Assert.Equal(made.GetRawText(), (await again.Json(HttpStatusCode.Created)).GetRawText());

        // Each of these answers has a secret, and none is stored.
        var secrets = $"{Accounts}/{made.Text("id")}/secrets";
        var first = await admin.SendAsync(HttpMethod.Post, secrets, new { }, key).Json(HttpStatusCode.Created);
        var second = await admin.SendAsync(HttpMethod.Post, secrets, new { }, key).Json(HttpStatusCode.Created);
        Assert.NotEqual(first.Text("clientSecret"), second.Text("clientSecret"));
    }

    [Fact]
    public async Task Gets_a_short_token_of_its_own_by_json_form_and_header()
    {
        var service = await MakeAsync("money.read", "money.deposit");
        using var answer = await App.Client.PostAsJsonAsync(TokenPath, service.Body());
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(["access_token", "expires_in", "scope", "token_type"], Names(tokens));
        Assert.Equal(300, tokens.GetProperty("expires_in").GetInt32());
        Assert.Equal("money.deposit money.read", tokens.Text("scope"));
        var claims = ClaimsOf(tokens.Text("access_token"));
        Assert.Equal(service.Id.ToString(), claims.Text("sub"));
        Assert.Equal(service.Id.ToString(), claims.Text("client_id"));
        Assert.False(claims.TryGetProperty("sid", out _));
        Assert.Empty(claims.GetProperty("roles").EnumerateArray());

        var form = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["grant_type"] = "client_credentials",
            ["client_id"] = service.Id.ToString(),
            ["client_secret"] = service.Secret,
            ["scope"] = "money.read",
            ["resource"] = "ignored",
        };
        var byForm = await App.Client.PostAsync(TokenPath, new FormUrlEncodedContent(form)).Json(HttpStatusCode.OK);
        Assert.Equal("money.read", byForm.Text("scope"));

        using var request = new HttpRequestMessage(HttpMethod.Post, TokenPath)
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "client_credentials")]),
            Headers =
            {
                Authorization = new AuthenticationHeaderValue(
                    "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{service.Id}:{service.Secret}"))),
            },
        };
        await App.Client.SendAsync(request).Json(HttpStatusCode.OK);

        // Some clients repeat their id in the body; another id beside the header is a mistake.
        foreach (var id in (Guid[])[service.Id, Guid.NewGuid()])
        {
            using var both = new HttpRequestMessage(HttpMethod.Post, TokenPath)
            {
                Content = new FormUrlEncodedContent(
                    [KeyValuePair.Create("grant_type", "client_credentials"), KeyValuePair.Create("client_id", $"{id}")]),
                Headers = { Authorization = request.Headers.Authorization },
            };
            await App.Client.SendAsync(both).Json(id == service.Id ? HttpStatusCode.OK : HttpStatusCode.BadRequest);
        }
    }

    [Fact]
    public async Task Refuses_wrong_secrets_scopes_and_forms()
    {
        var service = await MakeAsync("money.read");
        var other = await MakeAsync("money.read");
        foreach (var wrong in (Service[])
            [service with { Secret = other.Secret }, service with { Id = Guid.NewGuid() }, service with { Secret = "portico_x" }])
        {
            using var wrongClient = await App.Client.PostAsJsonAsync(TokenPath, wrong.Body());
            var refusal = await wrongClient.Problem(HttpStatusCode.Unauthorized, "invalid_client");
            Assert.Equal("invalid_client", refusal.Text("error"));
            Assert.Equal("Basic", wrongClient.Headers.WwwAuthenticate.Single().Scheme);
        }

        var wrongScope = await App.Client.PostAsJsonAsync(TokenPath, service.Body("money.read money.deposit"))
            .Problem(HttpStatusCode.BadRequest, "invalid_scope");
        Assert.Equal("invalid_scope", wrongScope.Text("error"));
        var wrongGrant = await App.Client.PostAsJsonAsync(
            TokenPath, new { grant_type = "password", client_id = $"{service.Id}", client_secret = service.Secret })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal("unsupported_grant_type", wrongGrant.Text("error"));
        var problem = await App.Client.PostAsJsonAsync(TokenPath, new { grant_type = "password" })
            .Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(["client_id", "client_secret", "grant_type"], Names(problem.GetProperty("errors")));
        Assert.Equal("invalid_request", problem.Text("error"));
        KeyValuePair<string, string>[] twice =
        [
            new("grant_type", "client_credentials"), new("client_id", $"{service.Id}"), new("client_id", $"{other.Id}"),
            new("client_secret", service.Secret),
        ];
        using var refused = await App.Client.PostAsync(TokenPath, new FormUrlEncodedContent(twice));
        Assert.Equal("invalid_request", (await refused.Problem(HttpStatusCode.BadRequest, "validation_failed")).Text("error"));
        // No other operation takes a form.
        using var form = await App.Client.PostAsync("/api/v1/auth/refresh", new FormUrlEncodedContent(twice));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, form.StatusCode);
    }

    [Fact]
    public async Task May_do_what_it_was_granted_and_is_no_user()
    {
        var token = await TokenAsync(await MakeAsync("money.read", "money.deposit"));
        var person = await App.SignUpAsync();
        var wallet = await person.SendAsync(HttpMethod.Post, "/api/v1/wallets", new { name = "Main", currency = "EUR" })
            .Json(HttpStatusCode.Created);
        var deposit = new { walletId = wallet.Text("id"), amount = new { amount = "10.00", currency = "EUR" } };
        using var first = Request(HttpMethod.Post, "/api/v1/deposits", token, deposit);
        var key = Guid.NewGuid().ToString();
        first.Headers.Add("Idempotency-Key", key);
        var done = await App.Client.SendAsync(first).Json(HttpStatusCode.Created);
        using var again = Request(HttpMethod.Post, "/api/v1/deposits", token, deposit);
        again.Headers.Add("Idempotency-Key", key);
        Assert.Equal(done.Text("id"), (await App.Client.SendAsync(again).Json(HttpStatusCode.Created)).Text("id"));
        var balance = await SendAsync(HttpMethod.Get, $"/api/v1/wallets/{wallet.Text("id")}/balance", token).Json(HttpStatusCode.OK);
        Assert.Contains("10.00", balance.ToString(), StringComparison.Ordinal);

        foreach (var own in (string[])["users/me", "wallets", "auth/sessions", "dashboard", "orders", "characters", "users/me/passkeys"])
            await SendAsync(HttpMethod.Get, $"/api/v1/{own}", token).Problem(HttpStatusCode.Forbidden, "forbidden");
        await SendAsync(HttpMethod.Post, "/api/v1/characters", token, new { }).Problem(HttpStatusCode.Forbidden, "forbidden");
        foreach (var other in (string[])["users", "audit", "service-accounts", "ledger/trial-balance"])
            await SendAsync(HttpMethod.Get, $"/api/v1/{other}", token).Problem(HttpStatusCode.Forbidden, "forbidden");
    }

    [Fact]
    public async Task Other_services_know_it_by_check_verify_and_grpc()
    {
        var service = await MakeAsync("money.read");
        var token = await TokenAsync(service);
        var check = await SendAsync(HttpMethod.Get, "/api/v1/auth/check", token).Json(HttpStatusCode.OK);
        Assert.Equal(service.Id.ToString(), check.Text("sub"));
        Assert.Equal(JsonValueKind.Null, check.GetProperty("sid").ValueKind);
        using var verified = await SendAsync(HttpMethod.Get, "/api/v1/auth/verify?permission=money.read", token);
        Assert.Equal(service.Id.ToString(), verified.Headers.GetValues("X-Portico-User").Single());
        Assert.Equal("money.read", verified.Headers.GetValues("X-Portico-Permissions").Single());
        Assert.Equal("", verified.Headers.GetValues("X-Portico-Roles").Single());
        using var channel = GrpcChannel.ForAddress(world.Rpc);
        var caller = await new Portico.Auth.V1.Auth.AuthClient(channel)
            .CheckAsync(new CheckRequest(), new Metadata { { "authorization", $"Bearer {token}" } });
        Assert.Equal((service.Id.ToString(), "", true), (caller.Subject, caller.SessionId, caller.IsServiceAccount));
    }

    [Fact]
    public async Task Two_secrets_are_valid_until_the_end_of_the_older_one()
    {
        var admin = await AdminAsync();
        var service = await MakeAsync("money.read");
        var next = await admin.SendAsync(HttpMethod.Post, $"{Accounts}/{service.Id}/secrets", new { overlapHours = 1 })
            .Json(HttpStatusCode.Created);
        await admin.SendAsync(HttpMethod.Post, $"{Accounts}/{service.Id}/secrets", new { })
            .Problem(HttpStatusCode.Conflict, "too_many_secrets");
        await TokenAsync(service);
        var renewed = service with { Secret = next.Text("clientSecret") };
        await TokenAsync(renewed);

        var secrets = (await ListedAsync(admin, service.Id)).GetProperty("secrets").EnumerateArray().ToArray();
        Assert.Equal(2, secrets.Length);
        Assert.InRange(secrets[0].GetProperty("expiresAt").GetDateTime(), DateTime.UtcNow.AddMinutes(50), DateTime.UtcNow.AddMinutes(61));
        Assert.All(secrets, secret => Assert.Equal(JsonValueKind.String, secret.GetProperty("lastUsedAt").ValueKind));
        Assert.DoesNotContain("portico_", secrets[0].ToString(), StringComparison.Ordinal);

        // The time of the older one is over.
        await App.Database.ExecuteAsync(
            "UPDATE identity.service_secrets SET expires_at = now() - interval '1 second' WHERE id = $1",
            secrets[0].GetProperty("id").GetGuid());
        await App.Client.PostAsJsonAsync(TokenPath, service.Body()).Problem(HttpStatusCode.Unauthorized, "invalid_client");
        await TokenAsync(renewed);
        await admin.SendAsync(HttpMethod.Post, $"{Accounts}/{service.Id}/secrets", new { }).Json(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_secret_that_was_found_out_is_replaced_at_once_also_while_two_are_valid()
    {
        var admin = await AdminAsync();
        var service = await MakeAsync("money.read");
        var secrets = $"{Accounts}/{service.Id}/secrets";
        var second = await admin.SendAsync(HttpMethod.Post, secrets, new { }).Json(HttpStatusCode.Created);
        Service[] before = [service, service with { Secret = second.Text("clientSecret") }];
        var tokens = await Task.WhenAll(before.Select(TokenAsync));

        var made = await admin.SendAsync(HttpMethod.Post, secrets, new { overlapHours = 0 }).Json(HttpStatusCode.Created);

        foreach (var earlier in before)
            await App.Client.PostAsJsonAsync(TokenPath, earlier.Body()).Problem(HttpStatusCode.Unauthorized, "invalid_client");
        foreach (var token in tokens)
            await CheckAsync(App, token, HttpStatusCode.Unauthorized);
        await TokenAsync(service with { Secret = made.Text("clientSecret") });
        var valid = (await ListedAsync(admin, service.Id)).GetProperty("secrets").EnumerateArray().Single();
        Assert.Equal(made.Text("id"), valid.Text("id"));
    }

    [Fact]
    public async Task The_last_use_is_written_at_most_once_a_minute()
    {
        var service = await MakeAsync("money.read");
        Task<string> Used() => App.Database.TextAsync(
            "SELECT last_used_at::text FROM identity.service_secrets WHERE account_id = $1", service.Id);
        await TokenAsync(service);
        var first = await Used();
        await TokenAsync(service);
        Assert.Equal(first, await Used());
        await App.Database.ExecuteAsync(
            "UPDATE identity.service_secrets SET last_used_at = now() - interval '61 seconds' WHERE account_id = $1", service.Id);
        var aged = await Used();
        await TokenAsync(service);
        Assert.NotEqual(aged, await Used());
    }

    [Theory]
    [InlineData("account")]
    [InlineData("secret")]
    public async Task What_is_removed_ends_its_tokens_here_at_once_and_elsewhere_within_a_second(string what)
    {
        var admin = await AdminAsync();
        await CookieWorld.WithinASecond(async () =>
        {
            var service = await MakeAsync("money.read");
            var token = await TokenAsync(service);
            await CheckAsync(world.Other, token, HttpStatusCode.OK);
            var secret = (await ListedAsync(admin, service.Id)).GetProperty("secrets")[0].Text("id");
            var path = what == "account" ? $"{Accounts}/{service.Id}" : $"{Accounts}/{service.Id}/secrets/{secret}";
            await admin.SendAsync(HttpMethod.Delete, path).Json(HttpStatusCode.NoContent);
            var removed = Stopwatch.GetTimestamp();

            await CheckAsync(App, token, HttpStatusCode.Unauthorized);
            await App.Client.PostAsJsonAsync(TokenPath, service.Body()).Problem(HttpStatusCode.Unauthorized, "invalid_client");
            await Eventually.Holds(
                async () =>
                {
                    using var request = Request(HttpMethod.Get, "/api/v1/auth/check", token);
                    using var answer = await world.Other.Client.SendAsync(request);
                    return answer.StatusCode == HttpStatusCode.Unauthorized;
                },
                "a refusal by the other process");
            var taken = Stopwatch.GetElapsedTime(removed);
            await admin.SendAsync(HttpMethod.Delete, path).Problem(HttpStatusCode.NotFound, "not_found");
            return taken;
        });
    }

    [Fact]
    public async Task Administrators_only_manage_them_every_change_is_in_the_audit_log_and_no_secret_is_stored()
    {
        var admin = await AdminAsync();
        var manager = await App.SignUpAsync(Role.Manager);
        await manager.SendAsync(HttpMethod.Post, Accounts, new { name = "x", permissions = (string[])[] })
            .Problem(HttpStatusCode.Forbidden, "forbidden");
        foreach (var permission in (string[])["users.manage", "orders.process", "no.such"])
            await admin.SendAsync(HttpMethod.Post, Accounts, new { name = "x", permissions = (string[])[permission] })
                .Problem(HttpStatusCode.BadRequest, "validation_failed");

        var service = await MakeAsync("money.read");
        var stored = await App.Database.TextAsync(
            "SELECT encode(hash, 'hex') FROM identity.service_secrets WHERE account_id = $1", service.Id);
        Assert.Equal(64, stored.Length);
        Assert.InRange(service.Secret.Length, "portico_".Length + 43, 100);
        await admin.SendAsync(HttpMethod.Delete, $"{Accounts}/{service.Id}").Json(HttpStatusCode.NoContent);
        var log = await App.Database.TextAsync(
            "SELECT string_agg(action, ' ' ORDER BY id) FROM audit_log WHERE subject_id = $1", service.Id.ToString());
        Assert.Equal("service_account.created service_account.secret_added service_account.deleted", log);
        Assert.DoesNotContain(world.Log, line => line.Contains(service.Secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_client_that_guesses_has_to_wait_and_successes_count_for_nothing()
    {
        var service = await MakeAsync("money.read");
        const string client = "203.0.113.77";
        await using var redis = await ConnectionMultiplexer.ConnectAsync(App.Stack.Redis.ConnectionString);
        var pattern = $"{App.Settings["Redis:KeyPrefix"]}budget:service-token:*";
        var keys = redis.GetServers()[0];
        var before = keys.Keys(pattern: pattern).ToHashSet();
        await FromAsync(client, service with { Secret = "wrong" }).Problem(HttpStatusCode.Unauthorized, "invalid_client");
        var key = keys.Keys(pattern: pattern).Single(one => !before.Contains(one));
        await FromAsync(client, service).Json(HttpStatusCode.OK);
        Assert.Equal(1, (int)await redis.GetDatabase().StringGetAsync(key));

        // As many as development allows.
        await redis.GetDatabase().StringIncrementAsync(key, 2000);
        using var refused = await FromAsync(client, service);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
        await FromAsync("203.0.113.78", service).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Services_behind_one_address_get_tokens_at_the_same_time()
    {
        var service = await MakeAsync("money.read");
        const string client = "203.0.113.79";
        await using var redis = await ConnectionMultiplexer.ConnectAsync(App.Stack.Redis.ConnectionString);
        var pattern = $"{App.Settings["Redis:KeyPrefix"]}budget:service-token:*";
        var before = redis.GetServers()[0].Keys(pattern: pattern).ToHashSet();
        await FromAsync(client, service with { Secret = "wrong" }).Problem(HttpStatusCode.Unauthorized, "invalid_client");
        var key = redis.GetServers()[0].Keys(pattern: pattern).Single(one => !before.Contains(one));

        // One failure is left.
        await redis.GetDatabase().StringIncrementAsync(key, 1998);
        await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => FromAsync(client, service).Json(HttpStatusCode.OK)));
        Assert.Equal(1999, (int)await redis.GetDatabase().StringGetAsync(key));
        await FromAsync(client, service with { Secret = "wrong" }).Problem(HttpStatusCode.Unauthorized, "invalid_client");
        await FromAsync(client, service).Problem(HttpStatusCode.TooManyRequests, "too_many_attempts");
    }

    private static string[] Names(JsonElement json) =>
        [.. json.EnumerateObject().Select(member => member.Name).Order(StringComparer.Ordinal)];

    private static JsonElement ClaimsOf(string token) =>
        JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(token.Split('.')[1])).RootElement;

    private static HttpRequestMessage Request(HttpMethod method, string path, string token, object? body = null) => new(method, path)
    {
        Content = body is null ? null : JsonContent.Create(body),
        Headers = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
    };

    private static async Task CheckAsync(PorticoApp app, string token, HttpStatusCode expected)
    {
        using var request = Request(HttpMethod.Get, "/api/v1/auth/check", token);
        using var answer = await app.Client.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
    }

    private static async Task<JsonElement> ListedAsync(TestPerson admin, Guid id) =>
        (await admin.GetAsync(Accounts).Json(HttpStatusCode.OK)).GetProperty("items").EnumerateArray()
            .Single(account => account.GetProperty("id").GetGuid() == id);

    private Task<TestPerson> AdminAsync() => App.SignUpAsync(Role.Admin);

    private async Task<Service> MakeAsync(params string[] permissions)
    {
        var admin = await AdminAsync();
        var account = await admin.SendAsync(HttpMethod.Post, Accounts, new { name = "Billing", permissions }).Json(HttpStatusCode.Created);
        var id = account.GetProperty("id").GetGuid();
        var secret = await admin.SendAsync(HttpMethod.Post, $"{Accounts}/{id}/secrets", new { }).Json(HttpStatusCode.Created);
        Assert.Equal(id, secret.GetProperty("clientId").GetGuid());
        return new Service(id, secret.Text("clientSecret"));
    }

    private async Task<string> TokenAsync(Service service) =>
        (await App.Client.PostAsJsonAsync(TokenPath, service.Body()).Json(HttpStatusCode.OK)).Text("access_token");

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string token, object? body = null) =>
        App.Client.SendAsync(Request(method, path, token, body));

    private Task<HttpResponseMessage> FromAsync(string client, Service service) => App.Client.SendAsync(
        new HttpRequestMessage(HttpMethod.Post, TokenPath)
        {
            Content = JsonContent.Create(service.Body()),
            Headers = { { "X-Forwarded-For", client } },
        });

    private sealed record Service(Guid Id, string Secret)
    {
        public object Body(string? scope = null) =>
            new { grant_type = "client_credentials", client_id = Id, client_secret = Secret, scope };
    }
}
