using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Access;

/// <summary>Users of every role and status, and requests that fail only for a missing permission.</summary>
public sealed partial class AccessWorld : IAsyncLifetime
{
    private const string Password = "correct horse battery staple";
    private const string ApiPrefix = "/api/v1";
    private const string Active = "active";
    private const string Transfer =
        """{"fromWalletId":"{wallet}","toWalletId":"{strangersWallet}","amount":{"amount":"12.34","currency":"EUR"}}""";

    // What the example in the description would not do; in braces stand the names of Values.
    private static readonly Dictionary<string, string> Bodies = new(StringComparer.Ordinal)
    {
        ["POST /auth/verify-code"] = """{"email":"{newEmail}","reason":"registration"}""",
        ["POST /auth/reset-password"] = """{"email":"{newEmail}","reason":"forgotten"}""",
        ["POST /auth/login"] = """{"email":"{email}","password":"{password}"}""",
        ["POST /auth/oauth/exchange"] = """{"code":"8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCv"}""",
        ["POST /users/me/logins"] = """{"provider":"yandex","returnUrl":"https://app.example.com/"}""",
        ["POST /auth/refresh"] = """{"refreshToken":"{refreshToken}"}""",
        ["POST /auth/update-password"] =
            """{"userId":"{userId}","oldPassword":"{password}","newPassword":"another horse, another staple"}""",
        ["PUT /users/me/contact"] = """{"email":"{newEmail}","code":"000000","password":"{password}"}""",
        ["DELETE /users/me"] = """{"password":"{password}"}""",
        ["POST /transfers"] = Transfer,
        ["POST /transfers/batch"] = $$"""{"transfers":[{{Transfer}}]}""",
        ["POST /deposits"] = """{"walletId":"{wallet}","amount":{"amount":"1.00","currency":"EUR"}}""",
        ["POST /withdrawals"] = """{"walletId":"{wallet}","amount":{"amount":"1.00","currency":"EUR"}}""",
        ["POST /holds"] =
            """{"fromWalletId":"{wallet}","toWalletId":"{strangersWallet}","""
            + """ "amount":{"amount":"20.00","currency":"EUR"},"expiresAt":"{tomorrow}"}""",
        ["POST /exchanges/quotes"] =
            """{"fromWalletId":"{wallet}","toWalletId":"{dollars}","sell":{"amount":"1.00","currency":"EUR"}}""",
        ["POST /payments"] =
            """{"walletId":"{wallet}","amount":{"amount":"10.00","currency":"EUR"},"provider":"stripe","""
            + """ "returnUrl":"https://app.example.com/"}""",
        ["POST /exchanges"] = """{"quoteId":"{quoteId}"}""",
        ["PUT /users/{id}/limits"] = """{"items":[{"currency":"EUR","perDay":{"amount":"500.00","currency":"EUR"}}]}""",
        ["PUT /exchange-rates/{base}/{quote}"] = """{"rate":"1.0923","spread":"0.005","validUntil":"{tomorrow}"}""",
        ["POST /orders"] = """{"walletId":"{wallet}","lines":[{"productId":"0199c2a7-0001-7000-8000-000000000001","quantity":1}]}""",
        ["POST /events"] = """{"title":"Reds – Blues","closesAt":"{tomorrow}"}""",
        ["PUT /events/{id}"] = """{"title":"Reds – Blues (moved)","closesAt":"{tomorrow}"}""",
        ["POST /ledger/reconciliations"] =
            "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id\n",
        ["POST /forecasts"] = """{"eventId":"{event}","outcome":"win1"}""",
    };

    // The parameters that a request needs.
    private static readonly Dictionary<string, string> Queries = new(StringComparer.Ordinal)
    {
        ["POST /ledger/reconciliations"] = "?provider=stripe&from=2026-11-21T00:00:00Z&to=2026-11-22T00:00:00Z",
    };

    // The records whose makers do not simply post the body to what stands before the id.
    private static readonly Dictionary<string, Func<AccessWorld, Scene, Task<string>>> Makers = new(StringComparer.Ordinal)
    {
        ["/users"] = (_, scene) => Task.FromResult(scene.Owner!.Id.ToString()),
        ["/auth/sessions"] = (_, scene) => Task.FromResult(scene.Owner!.SessionId.ToString()),
        ["/schemas"] = (_, _) => Task.FromResult("users.registered.v1"),
        ["/auth/oauth"] = (_, _) => Task.FromResult("yandex"),
        ["/users/me/logins"] = (_, _) => Task.FromResult("yandex"),
        ["/exchange-rates"] = (_, _) => Task.FromResult("EUR"),
        ["/payments"] = (world, scene) => world.Payment(scene),
        ["/ledger/reconciliations"] = (_, _) => Task.FromResult($"{Guid.CreateVersion7()}"),
        ["/webhooks"] = (_, _) => Task.FromResult("stripe"),
        ["/users/me/passkeys"] = (_, _) => Task.FromResult(Guid.CreateVersion7().ToString()),
        ["/dead-letters"] = (_, _) => Task.FromResult($"{Guid.CreateVersion7()}"),
        ["/signing-keys"] = (_, _) => Task.FromResult("unknown"),
        ["/service-accounts"] = async (world, _) => await world.Make(
            "/service-accounts", await world.SharedCaller(Role.Admin, Active), new Scene(null, null, false)),
        ["/events"] = async (world, _) => await world.Make("/events", await world.Manager(), new Scene(null, null, false)),
    };

    private static readonly Dictionary<string, Func<AccessWorld, Scene, Task<string>>> Values = new(StringComparer.Ordinal)
    {
        ["newEmail"] = (_, _) => Task.FromResult(PorticoApp.NewEmail()),
        ["email"] = (_, scene) => Task.FromResult(scene.Caller?.Email ?? PorticoApp.NewEmail()),
        ["password"] = (_, _) => Task.FromResult(Password),
        ["refreshToken"] = (_, scene) => Task.FromResult(scene.Caller?.RefreshToken ?? "none"),
        ["userId"] = (_, scene) => Task.FromResult((scene.Owner?.Id ?? Guid.CreateVersion7()).ToString()),
        ["tomorrow"] = (_, _) =>
            Task.FromResult(DateTime.UtcNow.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
        ["event"] = (world, scene) => Makers["/events"](world, scene),
        ["wallet"] = (world, scene) => world.Wallet(scene),
        ["dollars"] = (world, scene) => world.Dollars(scene),
        ["quoteId"] = (world, scene) => world.Quote(scene),
        ["quote"] = (_, _) => Task.FromResult("USD"),
        ["eventId"] = (_, _) => Task.FromResult("evt_unknown"),
        // Of something that the record does not have.
        ["secretId"] = (_, _) => Task.FromResult($"{Guid.CreateVersion7()}"),
        ["strangersWallet"] = async (world, _) =>
            await world.Wallet(new Scene(null, await world.Person(Role.User, Active), OwnerCanAct: true)),
    };

    // Records among the values that are as good for a later request.
    private static readonly string[] Lasting = ["event", "wallet", "dollars", "strangersWallet"];

    // Their records belong to nobody in particular.
    private static readonly string[] Unowned =
        ["/events", "/schemas", "/auth/oauth", "/users/me/logins", "/users/me/passkeys", "/exchange-rates", "/service-accounts",
        "/dead-letters", "/signing-keys", "/ledger/reconciliations", "/webhooks"];

    private readonly Dictionary<string, TestPerson> _callers = new(StringComparer.Ordinal);
    private readonly Dictionary<(Guid? Owner, bool CanAct), Dictionary<string, string>> _kept = [];
    private TestPerson? _stranger;
    private FakeStripe _stripe = null!;
    private OrdersApp _orders = null!;
    private string _passwordHash = "";

    internal Dictionary<string, JsonElement> Operations { get; } = new(StringComparer.Ordinal);

    internal PorticoApp App { get; private set; } = null!;

    private JsonElement Document { get; set; }

    public async Task InitializeAsync()
    {
        _stripe = await FakeStripe.StartedAsync();
        _orders = await OrdersApp.StartWithIssuerAsync(new Dictionary<string, string?>(_stripe.Settings(), StringComparer.Ordinal)
        {
            ["Payments:ReturnOrigins:0"] = "https://app.example.com",
            ["Payments:PollInterval"] = "00:00:00.100",
            ["Payments:MaxOpen"] = "1000",
        });
        App = _orders.Issuer;
        _passwordHash = await App.Services.GetRequiredService<IPasswordHashing>().Hash(Password, default);
        // So that each of the others can leave.
        await Person(Role.Admin, Active);
        Document = await App.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        foreach (var path in Document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Object))
                Operations.Add($"{operation.Name.ToUpperInvariant()} {WithoutPrefix(path.Name)}", operation.Value);
        }
    }

    public async Task DisposeAsync()
    {
        await _orders.DisposeAsync();
        await App.DisposeAsync();
        await _stripe.DisposeAsync();
    }

    /// <summary>The callers that a column of the table is about: for those that can't act, whatever their rank was.</summary>
    internal static IEnumerable<(Role? Role, string UserStatus)> Callers(string column) => column switch
    {
        AccessTable.Anonymous => [(null, column)],
        AccessTable.Blocked or AccessTable.Deleted => Enum.GetValues<Role>().Select(role => ((Role?)role, column)),
        _ => [(Enum.Parse<Role>(column, ignoreCase: true), Active)],
    };

    /// <summary>Whether the record of a path belongs to a person.</summary>
    internal static bool IsOwned(string operation) => operation.Contains('{', StringComparison.Ordinal)
        && !Array.Exists(Unowned, collection => operation.Contains($" {collection}/{{", StringComparison.Ordinal));

    /// <summary>Sends the request of a row and gives its status.</summary>
    internal async Task<int> Try(AccessRow row, Role? role, string userStatus, bool changes)
    {
        // What is refused changes nothing, so those who are refused and the records they ask for can be the same for all rows.
        var caller = role is null ? null : changes ? await Person(role.Value, userStatus) : await SharedCaller(role.Value, userStatus);
        var scene = row.Whose == Whose.Others
            ? new Scene(caller, changes ? await Person(Role.User, Active) : await Stranger(), OwnerCanAct: true)
            : new Scene(caller, caller, OwnerCanAct: caller is not null && userStatus == Active);
        using var response = await Send(row, changes ? scene : scene with { Kept = KeptOf(scene) }, new RequestExtras());
        return (int)response.StatusCode;
    }

    /// <summary>Sends the request of a row about the record of a scene.</summary>
    internal async Task<HttpResponseMessage> Send(AccessRow row, Scene scene, RequestExtras extras)
    {
        var operation = Operations[row.Operation];
        var path = await WithRecord(row.Path, scene);

        var query = extras.Query.Length > 0 ? extras.Query : Queries.GetValueOrDefault(row.Operation);
        using var request = new HttpRequestMessage(extras.Method ?? new HttpMethod(row.Method), WithPrefix(path) + query);
        if (scene.Caller is { } caller)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.AccessToken);
        if (extras.IfMatch is { } tag && Declares(operation, "If-Match"))
            request.Headers.TryAddWithoutValidation("If-Match", tag);
        if (Declares(operation, "Idempotency-Key"))
            request.Headers.TryAddWithoutValidation("Idempotency-Key", extras.Key ?? Guid.NewGuid().ToString());
        if (Body(row.Operation) is { } body)
            request.Content = new StringContent(await Fill(body, scene), Encoding.UTF8, MediaType(operation));
        // The answer of a stream has no end.
        return await App.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private async Task<TestPerson> Stranger() => _stranger ??= await Person(Role.User, Active);

    // Whether its owner can act, because a record of one who can't is an id that is nobody's.
    private Dictionary<string, string> KeptOf(Scene scene)
    {
        var owner = (scene.Owner?.Id, scene.OwnerCanAct);
        if (!_kept.TryGetValue(owner, out var kept))
            _kept.Add(owner, kept = new Dictionary<string, string>(StringComparer.Ordinal));
        return kept;
    }

    private async Task<TestPerson> SharedCaller(Role role, string userStatus)
    {
        var name = $"{role} {userStatus}";
        if (!_callers.TryGetValue(name, out var caller))
            _callers.Add(name, caller = await Person(role, userStatus));
        return caller;
    }

    /// <summary>Signs a user in and then sets the status in the database only, without its effects.</summary>
    internal async Task<TestPerson> Person(Role role, string userStatus)
    {
        await using var scope = App.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var person = new TestPerson(App, PorticoApp.NewEmail(), Password);
        Assert.True(ContactAddress.TryParseEmail(person.Email, out var address));
        var user = User.Register(address, $"A {role}", "en", DateTimeOffset.UtcNow);
        user.AssignRole(role);
        await services.GetRequiredService<ITransaction>().Run<Result<User>>(
            async token =>
            {
                services.GetRequiredService<IAppDbContext>().Users.Add(user);
                await services.GetRequiredService<Portico.Application.Auth.ICredentials>().Add(user.Id, _passwordHash, token);
                return user;
            },
            default);
        var ticket = await services.GetRequiredService<ISessions>()
            .Open(user.Id, user.SessionVersion, hasSecondFactor: false, services.GetRequiredService<IClient>(), default);
        person.Take(JsonSerializer.SerializeToElement(new
        {
            accessToken = services.GetRequiredService<IAccessTokenIssuer>().Issue(user, ticket.SessionId).Value,
            refreshToken = ticket.RefreshToken,
        }));
        if (userStatus == AccessTable.Blocked)
            await App.Database.ExecuteAsync("UPDATE users SET status = 'blocked' WHERE id = $1", user.Id);
        else if (userStatus == AccessTable.Deleted)
            await App.Database.ExecuteAsync("UPDATE users SET deleted_at = now() WHERE id = $1", user.Id);
        return person;
    }

    private Task<TestPerson> Manager() => SharedCaller(Role.Manager, Active);

    /// <summary>Puts a new record of the owner into a path; for who can't make one, an id that is nobody's.</summary>
    private async Task<string> WithRecord(string path, Scene scene)
    {
        if (path.IndexOf("/{", StringComparison.Ordinal) is not (> 0 and var start))
            return path;

        var rest = await Fill(path[(path.IndexOf('}', StringComparison.Ordinal) + 1)..], scene);
        var record = await Record(path[..start], scene);
        if (rest == "/receipt")
            await IsSealed(Guid.Parse(record));
        return $"{path[..start]}/{record}{rest}";
    }

    /// <summary>A transfer has its receipt some time later.</summary>
    private Task IsSealed(Guid transfer) => Eventually.Holds(
        async () => await App.Database.TextAsync(
            "SELECT EXISTS (SELECT FROM ledger.journals WHERE id = $1) AND NOT EXISTS "
            + "(SELECT FROM ledger.block_journals WHERE journal_id = $1)",
            transfer) == "False",
        $"{transfer} is sealed");

    /// <summary>The record of a collection that a scene is about.</summary>
    internal async Task<string> Record(string collection, Scene scene)
    {
        if (scene.Known.TryGetValue(collection, out var known))
            return known;
        if (scene.Kept?.TryGetValue(collection, out var kept) == true)
            return kept;

        var made = await NewRecord(collection, scene);
        scene.Kept?.TryAdd(collection, made);
        return made;
    }

    private async Task<string> NewRecord(string collection, Scene scene)
    {
        var isMade = Makers.TryGetValue(collection, out var maker);
        return isMade && (scene.Owner is not null || Unowned.Contains(collection, StringComparer.Ordinal)) ? await maker!(this, scene)
            : !isMade && scene.OwnerCanAct ? await Make(collection, scene.Owner!, scene)
            : Guid.CreateVersion7().ToString();
    }

    private async Task<string> Make(string collection, TestPerson maker, Scene scene)
    {
        var body = Body($"POST {collection}")
            ?? throw new InvalidOperationException($"Say in {nameof(Makers)} how a record of {collection} is made.");
        var record = await Post(maker, collection, await Fill(body, scene));
        return record.Text("id");
    }

    /// <summary>A wallet of the owner with money in it.</summary>
    internal async Task<string> Wallet(Scene scene)
    {
        if (!scene.OwnerCanAct)
            return Guid.CreateVersion7().ToString();

        var wallet = await Make("/wallets", scene.Owner!, scene);
        await Post(await Manager(), "/deposits", $$$"""{"walletId":"{{{wallet}}}","amount":{"amount":"100.00","currency":"EUR"}}""");
        return wallet;
    }

    /// <summary>A wallet of the owner in another currency.</summary>
    internal async Task<string> Dollars(Scene scene) => scene.OwnerCanAct
        ? (await Post(scene.Owner!, "/wallets", """{"name":"Dollars","currency":"USD"}""")).Text("id")
        : Guid.CreateVersion7().ToString();

    /// <summary>An open quote of the owner.</summary>
    internal async Task<string> Quote(Scene scene)
    {
        if (!scene.OwnerCanAct)
            return Guid.CreateVersion7().ToString();

        await (await Manager()).SetRateAsync("EUR", "USD", "1.10").Json(HttpStatusCode.OK);
        var body = await Fill(Bodies["POST /exchanges/quotes"], scene);
        using var answer = await Send(scene.Owner!, "/exchanges/quotes", body);
        return (await answer.Json(HttpStatusCode.OK)).Text("id");
    }

    /// <summary>A payment of the owner that was received.</summary>
    private async Task<string> Payment(Scene scene)
    {
        if (!scene.OwnerCanAct)
            return Guid.CreateVersion7().ToString();

        var id = await Make("/payments", scene.Owner!, scene);
        var remote = _stripe.Of(Guid.Parse(id));
        _stripe.Pay(remote);
        using var told = await _stripe.NotifyAsync(App.Client, "payment_intent.succeeded", remote);
        await Eventually.Holds(
            async () => (await scene.Owner!.GetAsync($"/api/v1/payments/{id}").Json(HttpStatusCode.OK)).Text("status") == "succeeded",
            "the payment is received");
        return id;
    }

    private async Task<JsonElement> Post(TestPerson person, string path, string body)
    {
        HttpResponseMessage? answer = null;
        // A busy machine can take longer for an order than it may take; it is undone then.
        await Eventually.Holds(
            async () => (answer = await Send(person, path, body)).StatusCode != HttpStatusCode.ServiceUnavailable, $"POST {path}");
        return await answer!.Json(HttpStatusCode.Created);
    }

    private async Task<HttpResponseMessage> Send(TestPerson person, string path, string body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, WithPrefix(path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", person.AccessToken);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await App.Client.SendAsync(request);
    }

    private async Task<string> Fill(string template, Scene scene)
    {
        var filled = template;
        foreach (var name in Name().Matches(template).Select(match => match.Groups["name"].Value).Distinct(StringComparer.Ordinal))
            filled = filled.Replace($"{{{name}}}", await Value(name, scene), StringComparison.Ordinal);
        return filled;
    }

    private async Task<string> Value(string name, Scene scene)
    {
        if (scene.Known.TryGetValue(name, out var known) || scene.Kept?.TryGetValue(name, out known) == true)
            return known;

        var value = await Values[name](this, scene);
        if (Lasting.Contains(name, StringComparer.Ordinal))
            scene.Kept?.TryAdd(name, value);
        return value;
    }

    private string? Body(string operation) =>
        Bodies.TryGetValue(operation, out var body) ? body
        : Operations.TryGetValue(operation, out var description)
            && description.TryGetProperty("requestBody", out var request) ? Example(request)
        : null;

    private static string MediaType(JsonElement operation) => operation.TryGetProperty("requestBody", out var body)
        ? body.GetProperty("content").EnumerateObject().First().Name
        : "application/json";

    private string Example(JsonElement requestBody)
    {
        var type = requestBody.GetProperty("content").EnumerateObject().First().Value.GetProperty("schema").Text("$ref").Split('/')[^1];
        var schema = Document.GetProperty("components").GetProperty("schemas").GetProperty(type);
        return schema.TryGetProperty("examples", out var examples) ? examples[0].GetRawText()
            : schema.TryGetProperty("example", out var example) ? example.GetRawText()
            : throw new InvalidOperationException($"{type} has no example: {schema}");
    }

    internal static bool Declares(JsonElement operation, string header) =>
        operation.TryGetProperty("parameters", out var parameters)
            && parameters.EnumerateArray().Any(parameter => parameter.Text("name") == header);

    private static string WithoutPrefix(string path) =>
        path.StartsWith(ApiPrefix, StringComparison.Ordinal) ? path[ApiPrefix.Length..] : path;

    private static string WithPrefix(string path) =>
        path.StartsWith("/.", StringComparison.Ordinal) || path.StartsWith("/schemas/", StringComparison.Ordinal) ? path : ApiPrefix + path;

    [GeneratedRegex(@"\{(?<name>[a-zA-Z]+)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();
}

/// <summary>Who asks, and whose record it is about.</summary>
internal sealed record Scene(TestPerson? Caller, TestPerson? Owner, bool OwnerCanAct)
{
    /// <summary>What is there already, by its collection or its name in a body; whatever else is needed is made.</summary>
    public IReadOnlyDictionary<string, string> Known { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What was made for an earlier request that was refused, by the same names; null makes new ones.</summary>
    public IDictionary<string, string>? Kept { get; init; }
}

/// <summary>What a caller is free to choose in a request.</summary>
internal sealed record RequestExtras
{
    /// <summary>Another method than the row's.</summary>
    public HttpMethod? Method { get; init; }

    public string? IfMatch { get; init; } = "*";

    /// <summary>The <c>Idempotency-Key</c>; null is a new one.</summary>
    public string? Key { get; init; }

    public string Query { get; init; } = "";
}
