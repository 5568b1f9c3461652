using System.Text.Json;
using Portico.Domain.Users;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Clients;

/// <summary>The client of <c>clients/typescript</c> against a running API.</summary>
public sealed class TypeScriptClientTests : IAsyncLifetime
{
    private static readonly string Folder = Repository.File("clients/typescript");
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly Lazy<Task<string>> Compiled = new(() => Node("node_modules/typescript/bin/tsc", ["--strict"]));

    public Task InitializeAsync() => NodePackages.InstallAsync(Folder);

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Its_schema_is_generated_from_the_document_of_the_api()
    {
        var app = await PorticoApp.SharedAsync();
        var document = Path.Combine(Directory.CreateTempSubdirectory("portico-document-").FullName, "v1.json");
        await File.WriteAllTextAsync(document, await app.Client.GetStringAsync("/openapi/v1.json"));
        var generated = await Node("node_modules/openapi-typescript/bin/cli.js", [document]);
        Directory.Delete(Path.GetDirectoryName(document)!, recursive: true);

        var committed = await File.ReadAllTextAsync(Path.Combine(Folder, "src", "schema.d.ts"));
        Assert.True(generated == committed, "clients/typescript/src/schema.d.ts is not current: run ./dev client.");
    }

    [Fact]
    public async Task Compiles_strictly_and_reads_the_dashboard()
    {
        var app = await PorticoApp.SharedAsync();
        var person = await app.SignUpAsync();
        await person.OpenWalletWithAsync(app, await app.SignUpAsync(Role.Manager), "12.34");

        await Compiled.Value;
        // On a busy machine a part may be late, which is no matter of the client.
        var page = default(JsonElement);
        await Eventually.Holds(
            async () =>
            {
                page = JsonSerializer.Deserialize<JsonElement>(
                    await Node("dist/examples/dashboard.js", [app.Api.ToString()], ("PORTICO_TOKEN", person.AccessToken)));
                return page.GetProperty("failed").GetArrayLength() == 0;
            },
            "every part to be in time");
        Assert.Equal("Ada Lovelace", page.Text("name"));
        Assert.EndsWith(": 12.34 EUR", Assert.Single(page.GetProperty("wallets").EnumerateArray()).GetString(), StringComparison.Ordinal);

        var refused = await Run("dist/examples/dashboard.js", [app.Api.ToString()], ("PORTICO_TOKEN", "nonsense"));
        Assert.Equal(1, refused.ExitCode);
        Assert.StartsWith("401 unauthenticated: ", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keeps_its_promises_for_answers_that_are_made_up()
    {
        await Compiled.Value;
        await Node("--test", ["tests/client.test.mjs"]);
    }

    [Fact]
    public async Task Its_error_codes_are_generated_from_the_list_of_errors()
    {
        var generated = Path.Combine(Directory.CreateTempSubdirectory("portico-errors-").FullName, "errors.ts");
        await Node("scripts/errors.mjs", [Repository.File("docs/api/errors.md"), generated]);
        var text = await File.ReadAllTextAsync(generated);
        Directory.Delete(Path.GetDirectoryName(generated)!, recursive: true);

        var committed = await File.ReadAllTextAsync(Path.Combine(Folder, "src", "errors.ts"));
        Assert.True(text == committed, "clients/typescript/src/errors.ts is not current: run ./dev client.");
    }

    [Fact]
    public async Task Renews_tokens_once_sends_once_knows_errors_and_reads_pages()
    {
        var app = await PorticoApp.SharedAsync();
        var person = await app.SignUpAsync();
        var from = await person.OpenWalletWithAsync(app, await app.SignUpAsync(Role.Manager), "12.34");
        var to = await person.OpenWalletAsync();

        await Compiled.Value;
        var seen = JsonSerializer.Deserialize<JsonElement>(await Node(
            "dist/examples/sessions.js", [app.Api.ToString()],
            ("PORTICO_REFRESH_TOKEN", person.RefreshToken), ("PORTICO_WALLETS", $"{from},{to}")));

        // A second renewal with the same refresh token would have brought another access token.
        Assert.Equal(1, seen.GetProperty("tokens").GetInt32());
        Assert.True(seen.GetProperty("renewed").GetBoolean());
        Assert.Equal(422, seen.GetProperty("status").GetInt32());
        Assert.True(seen.GetProperty("replayed").GetBoolean() && seen.GetProperty("distinct").GetBoolean());
        Assert.Equal((2, "€3.00"), (seen.GetProperty("entries").GetInt32(), seen.Text("sum")));
    }

    [Fact]
    public async Task Is_packed_with_its_types_and_nothing_else()
    {
        await Compiled.Value;
        var run = await Shell.RunAsync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], "", Folder, Patience);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        var files = JsonSerializer.Deserialize<JsonElement>(run.Output)[0].GetProperty("files").EnumerateArray()
            .Select(file => file.Text("path")).ToArray();
        Assert.Contains("dist/src/index.js", files);
        Assert.Contains("dist/src/index.d.ts", files);
        Assert.DoesNotContain(
            files, file => file.StartsWith("src/", StringComparison.Ordinal) || file.Contains("examples", StringComparison.Ordinal));
    }

    private static async Task<string> Node(string script, string[] arguments, params (string Name, string Value)[] environment)
    {
        var run = await Run(script, arguments, environment);
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        return run.Output;
    }

    private static Task<ShellRun> Run(string script, string[] arguments, params (string Name, string Value)[] environment) =>
        Shell.RunAsync(
            "node", [script, .. arguments], "", Folder, Patience,
            environment.ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal));
}
