using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Access;

/// <summary>People of every rank and standing, and requests that fail for want of a right only.</summary>
public sealed class AccessWorld : IAsyncLifetime
{
    private const string Password = "correct horse battery staple";
    private const string ApiPrefix = "/api/v1";
    private static readonly Currency Euro = Currency.Of("EUR");

    // What the example in the description would not do; in braces stands what the people have.
    private static readonly Dictionary<string, string> Bodies = new(StringComparer.Ordinal)
    {
        ["POST /auth/verify-code"] = """{"email":"{newEmail}","reason":"registration"}""",
        ["POST /auth/reset-password"] = """{"email":"{newEmail}","reason":"forgotten"}""",
        ["POST /auth/login"] = """{"email":"{email}","password":"{password}"}""",
        ["POST /auth/refresh"] = """{"refreshToken":"{refreshToken}"}""",
        ["POST /auth/update-password"] = """{"userId":"{userId}","oldPassword":"{password}","newPassword":"another horse, another staple"}""",
        ["DELETE /users/me"] = """{"password":"{password}"}""",
        ["POST /transfers"] = """{"fromWalletId":"{wallet}","toWalletId":"{elsewhere}","amount":{"amount":"1.00","currency":"EUR"}}""",
        ["POST /transfers/batch"] = """{"transfers":[{"fromWalletId":"{wallet}","toWalletId":"{elsewhere}","amount":{"amount":"1.00","currency":"EUR"}}]}""",
        ["POST /transfers/{id}/reverse"] = "{}",
        ["POST /deposits"] = """{"walletId":"{wallet}","amount":{"amount":"1.00","currency":"EUR"}}""",
        ["POST /withdrawals"] = """{"walletId":"{wallet}","amount":{"amount":"1.00","currency":"EUR"}}""",
        ["POST /holds"] = """{"fromWalletId":"{wallet}","toWalletId":"{elsewhere}","amount":{"amount":"1.00","currency":"EUR"}}""",
        ["POST /holds/{id}/capture"] = "{}",
    };

    // The records of {id} whose makers are not simply a POST to what stands before it.
    private static readonly Dictionary<string, Func<AccessWorld, TestPerson, Task<string>>> Makers = new(StringComparer.Ordinal)
    {
        ["/users"] = (_, owner) => Task.FromResult(owner.Id.ToString()),
        ["/auth/sessions"] = (_, owner) => Task.FromResult(owner.SessionId.ToString()),
        ["/transfers"] = async (world, owner) => (await world.Transfer(owner)).ToString(),
        ["/holds"] = async (world, owner) => (await world.Hold(owner)).ToString(),
    };

    private readonly Dictionary<string, TestPerson> _callers = new(StringComparer.Ordinal);
    private PorticoApp _app = null!;
    private string _passwordHash = "";
    private Guid _elsewhere;

    internal Dictionary<string, JsonElement> Operations { get; } = new(StringComparer.Ordinal);

    private JsonElement Document { get; set; }

    public async Task InitializeAsync()
    {
        _app = await PorticoApp.StartAsync(new PorticoAppOptions());
        _passwordHash = await _app.Services.GetRequiredService<IPasswordHashing>().Hash(Password, default);
        _elsewhere = await Wallet(await Person(Role.User, "active"));
        Document = await _app.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        foreach (var path in Document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Object))
                Operations.Add($"{operation.Name.ToUpperInvariant()} {WithoutPrefix(path.Name)}", operation.Value);
        }
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    /// <summary>The callers that a column of the table is about: for those that can't act, whatever their rank was.</summary>
    internal static IEnumerable<(Role? Role, string Standing)> Callers(string column) => column switch
    {
        AccessTable.Anonymous => [(null, column)],
        AccessTable.Blocked or AccessTable.Deleted => Enum.GetValues<Role>().Select(role => ((Role?)role, column)),
        _ => [(Enum.Parse<Role>(column, ignoreCase: true), "active")],
    };

    /// <summary>Sends the request of a row and gives its status.</summary>
    internal async Task<int> Try(AccessRow row, Role? role, string standing, bool changes)
    {
        // What is refused changes nothing, so those who are refused can be the same for all rows.
        var caller = role is null ? null : changes ? await Person(role.Value, standing) : await SharedCaller(role.Value, standing);
        var owner = row.Whose == Whose.Others ? await Person(Role.User, "active") : caller;
        var id = row.Path.Contains("{id}", StringComparison.Ordinal) ? await Record(row.Path, owner, owner != caller || standing == "active") : "";
        var operation = Operations[row.Operation];

        using var request = new HttpRequestMessage(new HttpMethod(row.Method), WithPrefix(row.Path.Replace("{id}", id, StringComparison.Ordinal)));
        if (caller is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.AccessToken);
        if (Declares(operation, "If-Match"))
            request.Headers.TryAddWithoutValidation("If-Match", "*");
        if (Declares(operation, "Idempotency-Key"))
            request.Headers.TryAddWithoutValidation("Idempotency-Key", Guid.NewGuid().ToString());
        if (Body(row.Operation) is { } template)
        {
            var body = template
                .Replace("{id}", id, StringComparison.Ordinal)
                .Replace("{userId}", (owner?.Id ?? Guid.CreateVersion7()).ToString(), StringComparison.Ordinal)
                .Replace("{email}", caller?.Email ?? PorticoApp.NewEmail(), StringComparison.Ordinal)
                .Replace("{newEmail}", PorticoApp.NewEmail(), StringComparison.Ordinal)
                .Replace("{wallet}", template.Contains("{wallet}", StringComparison.Ordinal) && owner is not null ? $"{await Wallet(owner)}" : $"{Guid.CreateVersion7()}", StringComparison.Ordinal)
                .Replace("{elsewhere}", $"{_elsewhere}", StringComparison.Ordinal)
                .Replace("{password}", Password, StringComparison.Ordinal)
                .Replace("{refreshToken}", caller?.RefreshToken ?? "none", StringComparison.Ordinal);
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var response = await _app.Client.SendAsync(request);
        return (int)response.StatusCode;
    }

    private async Task<TestPerson> SharedCaller(Role role, string standing)
    {
        var name = $"{role} {standing}";
        if (!_callers.TryGetValue(name, out var caller))
            _callers.Add(name, caller = await Person(role, standing));
        return caller;
    }

    /// <summary>Makes somebody who is signed in, and then what the standing says, as if nothing had followed from it.</summary>
    private async Task<TestPerson> Person(Role role, string standing)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var person = new TestPerson(_app, PorticoApp.NewEmail(), Password);
        Assert.True(ContactAddress.TryParseEmail(person.Email, out var address));
        var user = User.Register(address, $"A {role}", "en", DateTimeOffset.UtcNow);
        user.AssignRole(role);
        var made = await services.GetRequiredService<ITransaction>().Run<Result<User>>(
            async token =>
            {
                services.GetRequiredService<IAppDbContext>().Users.Add(user);
                await services.GetRequiredService<Portico.Application.Auth.ICredentials>().Add(user.Id, _passwordHash, token);
                return user;
            },
            default);
        var ticket = await services.GetRequiredService<ISessions>().Open(made.Value.Id, user.SessionVersion, services.GetRequiredService<IClient>(), default);
        person.Take(JsonSerializer.SerializeToElement(new
        {
            accessToken = services.GetRequiredService<IAccessTokenIssuer>().Issue(user, ticket.SessionId).Value,
            refreshToken = ticket.RefreshToken,
        }));
        if (standing == AccessTable.Blocked)
            await _app.Database.ExecuteAsync("UPDATE users SET status = 'blocked' WHERE id = $1", user.Id);
        else if (standing == AccessTable.Deleted)
            await _app.Database.ExecuteAsync("UPDATE users SET deleted_at = now() WHERE id = $1", user.Id);
        return person;
    }

    /// <summary>A wallet with 100 EUR, whatever its owner may do.</summary>
    private async Task<Guid> Wallet(TestPerson owner)
    {
        await using var scope = _app.Services.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var wallet = Portico.Domain.Wallets.Wallet.Open(owner.Id, "Purse", Euro, DateTimeOffset.UtcNow);
        await services.GetRequiredService<ITransaction>().Run<Result<Unit>>(
            async token =>
            {
                var db = services.GetRequiredService<IAppDbContext>();
                db.Wallets.Add(wallet);
                await db.SaveChangesAsync(token);
                await services.GetRequiredService<IAccounts>().Open(wallet, token);
                return Unit.Value;
            },
            default);
        await Carry(Movement.Deposit(Guid.CreateVersion7(), null, wallet.Id, Money.Of(100, Euro), "Salary"));
        return wallet.Id;
    }

    private async Task<Guid> Transfer(TestPerson owner)
    {
        var id = Guid.CreateVersion7();
        return (await Carry(Movement.Transfer(id, owner.Id, [new Leg(id, await Wallet(owner), _elsewhere, Money.Of(1, Euro), null)]))).Journals[0].Id;
    }

    private async Task<Guid> Hold(TestPerson owner) =>
        (await Carry(new Reservation(await Wallet(owner), _elsewhere, Money.Of(1, Euro), DateTimeOffset.UtcNow.AddDays(1), null) { Id = Guid.CreateVersion7(), By = owner.Id })).Hold!.Id;

    private async Task<Outcome> Carry(Instruction instruction)
    {
        var outcome = await _app.Services.GetRequiredService<ILedger>().Carry(instruction, default);
        return outcome.Refusal is null ? outcome : throw new InvalidOperationException(outcome.Refusal.Message);
    }

    private async Task<string> Record(string path, TestPerson? owner, bool ownerCanAct)
    {
        var collection = path[..path.IndexOf("/{id}", StringComparison.Ordinal)];
        if (owner is not null && Makers.TryGetValue(collection, out var maker))
            return await maker(this, owner);
        if (owner is null || !ownerCanAct)
            return Guid.CreateVersion7().ToString();

        using var request = new HttpRequestMessage(HttpMethod.Post, WithPrefix(collection));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", owner.AccessToken);
        request.Headers.Add("Idempotency-Key", Guid.NewGuid().ToString());
        var body = Body($"POST {collection}") ?? throw new InvalidOperationException($"Say in {nameof(Makers)} how a record of {path} is made.");
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        var record = await _app.Client.SendAsync(request).Json(HttpStatusCode.Created);
        return record.Text("id");
    }

    private string? Body(string operation) =>
        Bodies.TryGetValue(operation, out var body) ? body
        : Operations.TryGetValue(operation, out var description) && description.TryGetProperty("requestBody", out var request) ? Example(request)
        : null;

    private string Example(JsonElement requestBody)
    {
        var type = requestBody.GetProperty("content").EnumerateObject().First().Value.GetProperty("schema").Text("$ref").Split('/')[^1];
        var schema = Document.GetProperty("components").GetProperty("schemas").GetProperty(type);
        return schema.TryGetProperty("examples", out var examples) ? examples[0].GetRawText()
            : schema.TryGetProperty("example", out var example) ? example.GetRawText()
            : throw new InvalidOperationException($"{type} has no example: {schema}");
    }

    private static bool Declares(JsonElement operation, string header) =>
        operation.TryGetProperty("parameters", out var parameters) && parameters.EnumerateArray().Any(parameter => parameter.Text("name") == header);

    private static string WithoutPrefix(string path) => path.StartsWith(ApiPrefix, StringComparison.Ordinal) ? path[ApiPrefix.Length..] : path;

    private static string WithPrefix(string path) => path.StartsWith("/.", StringComparison.Ordinal) ? path : ApiPrefix + path;
}
