using System.Buffers.Text;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Portico.Client;
using Portico.Domain.Users;
using Portico.Infrastructure.SigningKeys;
using Portico.IntegrationTests.AccessTokens;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Clients;

/// <summary>The client of <c>clients/dotnet</c> in a service that guards itself with it, against a running API.</summary>
public sealed partial class DotnetClientTests : PorticoTests
{
    private const int MaxLines = 300;

    private static readonly string Folder = Repository.File("clients/dotnet");

    [Fact]
    public async Task Accepts_a_persons_token_and_refuses_each_wrong_one()
    {
        await using var service = await StartAsync();
        var person = await App.SignUpAsync();
        using var answer = await GetAsync(service, "/invoices", person.AccessToken);
        Assert.Equal($"The invoices of {person.Id}.", await answer.Content.ReadAsStringAsync());

        var settings = App.Services.GetRequiredService<TokenSettings>();
        var tokens = JoseTokens.Of(App.Services.GetRequiredService<TokenKeys>(), settings);
        tokens.Add("signed with the public key", await SignedWithPublicKeyAsync(person.AccessToken));
        tokens.Add("not signed", $"{Encoded("""{"alg":"none","typ":"at+jwt"}""")}.{person.AccessToken.Split('.')[1]}.");
        tokens.Add("no token", "nonsense");
        foreach (var (name, token) in tokens)
        {
            using var verdict = await GetAsync(service, "/invoices", token);
            Assert.True(verdict.StatusCode == (name == "valid" ? HttpStatusCode.OK : HttpStatusCode.Unauthorized), $"{name}: {verdict}");
        }

        using var nobody = await GetAsync(service, "/invoices", token: null);
        Assert.Equal(HttpStatusCode.Unauthorized, nobody.StatusCode);
    }

    [Fact]
    public async Task A_higher_role_has_the_lower_ones_and_a_lower_one_gets_403()
    {
        await using var service = await StartAsync();
        foreach (var (role, expected) in (IEnumerable<(Role, HttpStatusCode)>)
            [(Role.User, HttpStatusCode.Forbidden), (Role.Manager, HttpStatusCode.OK), (Role.Admin, HttpStatusCode.OK)])
        {
            var person = await App.SignUpAsync(role);
            using var all = await GetAsync(service, "/invoices/all", person.AccessToken);
            Assert.Equal(expected, all.StatusCode);
            using var own = await GetAsync(service, "/invoices", person.AccessToken);
            Assert.Equal(HttpStatusCode.OK, own.StatusCode);
        }
    }

    [Fact]
    public async Task Refuses_an_ended_session_if_it_asks_and_answers_503_in_an_outage()
    {
        await using var service = await StartAsync();
        await using var asking = await StartAsync(
            services => services.Configure<PorticoTokenOptions>(tokens => tokens.ChecksSession = true));
        await using var outage = await StartAsync(
            services => services.Configure<PorticoTokenOptions>(tokens => tokens.Issuer = $"http://127.0.0.1:{DevStack.Ports.Free()}"));
        var person = await App.SignUpAsync();
        await Status(asking, HttpStatusCode.OK);
        await person.SendAsync(HttpMethod.Post, "/api/v1/auth/logout").Json(HttpStatusCode.NoContent);
        await Status(service, HttpStatusCode.OK);
        await Status(asking, HttpStatusCode.Unauthorized);
        await Status(outage, HttpStatusCode.ServiceUnavailable);

        async Task Status(WebApplication app, HttpStatusCode expected)
        {
            using var answer = await GetAsync(app, "/invoices", person.AccessToken);
            Assert.Equal(expected, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_service_account_gets_one_token_for_many_callers_and_a_new_one_before_it_expires()
    {
        var clock = new MovedClock();
        var requests = new RequestCounter();
        var (id, secret) = await AccountAsync("money.read");
        await using var service = await StartAsync(
            services => services.AddSingleton<TimeProvider>(clock).ConfigureHttpClientDefaults(
                client => client.AddHttpMessageHandler(() => requests.Handler())),
            id, secret);
        var tokens = service.Services.GetRequiredService<ServiceTokens>();
        var first = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => tokens.GetAsync()));
        Assert.Single(first.Distinct(StringComparer.Ordinal));
        Assert.Equal(1, requests.ToTokens);

        var lifetime = App.Services.GetRequiredService<TokenSettings>().AccessTokenLifetime;
        clock.Ahead = 0.89 * lifetime;
        Assert.Equal(first[0], await tokens.GetAsync());
        clock.Ahead = 0.91 * lifetime;
        Assert.NotEqual(first[0], await tokens.GetAsync());
        Assert.Equal(2, requests.ToTokens);

        using var totals = await GetAsync(service, "/totals", first[0]);
        Assert.Equal(HttpStatusCode.OK, totals.StatusCode);
        using var all = await GetAsync(service, "/invoices/all", first[0]);
        Assert.Equal(HttpStatusCode.Forbidden, all.StatusCode);
        var wallet = await (await App.SignUpAsync()).OpenWalletAsync();
        using var balance = await GetAsync(service, $"/wallets/{wallet}/balance", token: null);
        Assert.Contains("EUR", await balance.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_of_the_api_is_an_exception_with_its_code()
    {
        var (id, secret) = await AccountAsync();
        await using var wrong = await StartAsync(id: id, secret: $"{secret}x");
        var refused = await Assert.ThrowsAsync<PorticoException>(() => wrong.Services.GetRequiredService<ServiceTokens>().GetAsync());
        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_client"), (refused.Status, refused.Code));

        using var invalid = await App.Client.Post("auth/login", new { email = "ada@example.com" });
        var fields = await Assert.ThrowsAsync<PorticoException>(() => PorticoException.ThrowIfErrorAsync(invalid));
        Assert.Equal("validation_failed", fields.Code);
        Assert.Equal(["password"], fields.Errors.Keys);
    }

    [Fact]
    public async Task A_wrong_setting_stops_the_service_and_is_named()
    {
        var wrong = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(services => services
            .Configure<PorticoTokenOptions>(tokens => (tokens.Issuer, tokens.Audience) = ("api.example.com", ""))));
        Assert.Contains("Issuer must be an address such as https://api.example.com", wrong.Message, StringComparison.Ordinal);
        Assert.Contains("Audience", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_code_has_at_most_300_lines_and_its_readme_shows_code_that_is_tested()
    {
        var lines = Directory.GetFiles(Folder, "*.cs").SelectMany(File.ReadAllLines).Select(line => line.Trim())
            .Count(line => line.Length > 0 && !line.StartsWith("//", StringComparison.Ordinal));
        Assert.InRange(lines, 100, MaxLines);

        var tested = Unindented(await File.ReadAllTextAsync(Repository.File("tests/IntegrationTests/Clients/BillingService.cs")));
        var examples = Example().Matches(await File.ReadAllTextAsync(Path.Combine(Folder, "README.md")));
        Assert.NotEmpty(examples);
        Assert.All(examples, example => Assert.Contains(Unindented(example.Groups["code"].Value), tested, StringComparison.Ordinal));

        static string Unindented(string text) => string.Join('\n', text.Split('\n').Select(line => line.Trim())).Trim();
    }

    [Fact]
    public async Task Is_packed_with_its_documentation_and_needs_no_other_part_of_Portico()
    {
        var output = Directory.CreateTempSubdirectory("portico-pack-").FullName;
        // The build that runs this test has built it too.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        var run = await Shell.RunAsync(
            "dotnet", ["pack", "--no-build", "-c", configuration, "-o", output], "", Folder, TimeSpan.FromMinutes(2));
        Assert.True(run.ExitCode == 0, run.Output + run.Errors);
        await using (var package = await ZipFile.OpenReadAsync(Directory.GetFiles(output, "*.nupkg").Single()))
        {
            var files = package.Entries.Select(entry => entry.FullName).ToArray();
            foreach (var file in (string[])["lib/net10.0/Portico.Client.dll", "lib/net10.0/Portico.Client.xml", "README.md", "LICENSE"])
                Assert.Contains(file, files);
            await using var description = await package.Entries.Single(entry => entry.Name == "Portico.Client.nuspec").OpenAsync();
            var needed = XDocument.Load(description).Descendants().Where(element => element.Name.LocalName == "dependency")
                .Select(element => element.Attribute("id")!.Value).ToArray();
            Assert.Contains("NATS.Net", needed);
            Assert.DoesNotContain(needed, name => name.StartsWith("Portico", StringComparison.Ordinal));
        }

        Directory.Delete(output, recursive: true);
    }

    private static async Task<HttpResponseMessage> GetAsync(WebApplication service, string path, string? token)
    {
        using var client = new HttpClient { BaseAddress = new Uri(service.Urls.First()) };
        client.DefaultRequestHeaders.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return await client.GetAsync(path);
    }

    private static string Encoded(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));

    /// <summary>A token whose secret is what everybody knows: the modulus of the public key.</summary>
    private async Task<string> SignedWithPublicKeyAsync(string token)
    {
        var parts = token.Split('.');
        var header = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[0])).RootElement;
        var keys = JsonDocument.Parse(await App.Client.GetStringAsync("/.well-known/jwks.json")).RootElement.GetProperty("keys");
        var key = keys.EnumerateArray().Single(key => key.Text("kid") == header.Text("kid"));
        var signed = $"{Encoded($$"""{"alg":"HS256","typ":"at+jwt","kid":"{{header.Text("kid")}}"}""")}.{parts[1]}";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(
            Base64Url.DecodeFromChars(key.Text("n")), Encoding.ASCII.GetBytes(signed)))}";
    }

    private async Task<(string Id, string Secret)> AccountAsync(params string[] permissions)
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var account = await admin.SendAsync(HttpMethod.Post, "/api/v1/service-accounts", new { name = "Billing", permissions })
            .Json(HttpStatusCode.Created);
        var secret = await admin.SendAsync(HttpMethod.Post, $"/api/v1/service-accounts/{account.Text("id")}/secrets", new { })
            .Json(HttpStatusCode.Created);
        return (account.Text("id"), secret.Text("clientSecret"));
    }

    private async Task<WebApplication> StartAsync(Action<IServiceCollection>? change = null, string id = "none", string secret = "none")
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration["Portico:Url"] = App.Api.ToString().TrimEnd('/');
        (builder.Configuration["Portico:ClientId"], builder.Configuration["Portico:ClientSecret"]) = (id, secret);
        BillingService.AddCallers(builder);
        BillingService.AddAccount(builder);
        change?.Invoke(builder.Services);
        var app = builder.Build();
        BillingService.Map(app);
        await app.StartAsync();
        return app;
    }

    [GeneratedRegex("```csharp\n(?<code>[^`]+)```", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Example();

    private sealed class MovedClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }

    private sealed class RequestCounter
    {
        private int _toTokens;

        public int ToTokens => _toTokens;

        public DelegatingHandler Handler() => new Counting(this);

        private sealed class Counting(RequestCounter counter) : DelegatingHandler
        {
            protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
            {
                if (request.RequestUri!.AbsolutePath == "/api/v1/auth/token")
                    Interlocked.Increment(ref counter._toTokens);
                return base.SendAsync(request, cancellationToken);
            }
        }
    }
}
