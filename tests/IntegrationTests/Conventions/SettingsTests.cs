using System.Diagnostics;
using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

/// <summary>A wrong setting ends the program at once, with a sentence that names it.</summary>
public sealed class SettingsTests
{
    private static readonly string Secret = Convert.ToBase64String(new byte[32]);

    private static readonly Dictionary<string, string> Valid = new(StringComparer.Ordinal)
    {
        ["urls"] = "http://127.0.0.1:0",
        ["Management:Url"] = "http://127.0.0.1:0",
        ["ConnectionStrings:Portico"] = "Host=127.0.0.1;Database=x;Username=x",
        ["Redis:ConnectionString"] = "127.0.0.1:1",
        ["Tokens:Issuer"] = "http://127.0.0.1",
        ["Tokens:SealingKey"] = Secret,
        ["Sessions:Key"] = Secret,
        ["Otp:Key"] = Secret,
        ["Mail:Mailbox"] = Path.GetTempPath(),
    };

    [Theory]
    [InlineData("Cors:Origins:0", "https://app.example.com/", "Cors:Origins:0")]
    [InlineData("Cors:Origins:0", "*", "Cors:Origins:0")]
    [InlineData("Cors:Origins:0", "https://xn--\u00FC.example", "Cors:Origins:0")]
    [InlineData("Payments:ReturnOrigins:0", "https://xn--\u00FC.example", "Payments:ReturnOrigins:0")]
    [InlineData("OAuth:PublicUrl", "https://xn--\u00FC.example", "OAuth:PublicUrl")]
    [InlineData("OAuth:ReturnUrls:0", "https://xn--\u00FC.example/done", "OAuth:ReturnUrls:0")]
    [InlineData("Proxies:Trusted:0", "proxy.local", "Proxies:Trusted:0")]
    [InlineData("Limits:MaxBodyBytes", "0", "Limits:MaxBodyBytes")]
    [InlineData("Limits:RequestTimeout", "soon", "Limits:RequestTimeout")]
    [InlineData("Limits:UserRequestsPerMinute", "0", "Limits:UserRequestsPerMinute")]
    [InlineData("Limits:ClientRequestsPerMinute", "1000000001", "Limits:ClientRequestsPerMinute")]
    [InlineData("Management:Url", "5081", "Management:Url")]
    [InlineData("Management:Url", "http://127.0.0.1:5081x", "Management:Url")]
    [InlineData("Management:Url", "http://192.0.2.1:0", "Management:Url")]
    [InlineData("Logging:Format", "xml", "Logging:Format")]
    [InlineData("Logging:LogLevel:Default", "loud", "Logging:LogLevel:Default")]
    [InlineData("Logging:Console:LogLevel:Portico", "loud", "Logging:Console:LogLevel:Portico")]
    [InlineData("SignIn:RequireSecondFactorFor:0", "Administrator", "SignIn:RequireSecondFactorFor:0")]
    [InlineData("SignIn:RequireSecondFactorFor", "Admin", "SignIn:RequireSecondFactorFor")]
    [InlineData("Payments:Yookassa:Networks", "185.71.76.0/27", "Payments:Yookassa:Networks")]
    [InlineData("Gateway:Routes:reports:RequestHeaders", "X-Tenant", "Gateway:Routes:reports:RequestHeaders")]
    [InlineData("Telemetry:OtlpEndpoint", "collector", "Telemetry:OtlpEndpoint")]
    [InlineData("Nats:Url", "http://nats", "Nats:Url")]
    [InlineData("urls", "ftp://x", "ASPNETCORE_URLS")]
    [InlineData("urls", "http://localhost:port", "ASPNETCORE_URLS")]
    [InlineData("Tokens:Algorithm", "HS256", "Tokens:Algorithm")]
    [InlineData("Health:Required", "postgres", "Health:Required")]
    [InlineData("Gateway:Routes:reports:Address", "reports:8080", "Gateway:Routes:reports:Address")]
    [InlineData("Gateway:Routes:reports:Address", "http://user@reports", "Gateway:Routes:reports:Address")]
    [InlineData("Gateway:Routes:Reports_2:Address", "http://reports", "Gateway:Routes:Reports_2")]
    [InlineData("Gateway:Routes:wallets:Address", "http://reports", "Gateway:Routes:wallets")]
    [InlineData("Gateway:Routes:portico:Address", "http://reports", "Gateway:Routes:portico:Audience")]
    [InlineData("Gateway:Routes:reports:Permission", "reports.read", "Gateway:Routes:reports:Permission")]
    [InlineData("Gateway:Routes:reports:Identity", "Headers", "Gateway:Routes:reports:Identity")]
    [InlineData("Gateway:Routes:reports:Timeout", "soon", "Gateway:Routes:reports:Timeout")]
    [InlineData("Gateway:Routes:reports:Permision", "money.read", "Gateway:Routes:reports:Permision")]
    [InlineData("Gateway:Routes:sales", "http://sales", "Gateway:Routes:sales")]
    [InlineData("Gateway:Routes:reports:RequestsPerMinute", "-1", "Gateway:Routes:reports:RequestsPerMinute")]
    [InlineData("Gateway:Routes:reports:CacheLifetime", "02:00:00", "Gateway:Routes:reports:CacheLifetime")]
    [InlineData("Gateway:Routes:reports:Timeout", "00:00:00", "Gateway:Routes:reports:Timeout")]
    [InlineData("Gateway:Routes:reports:Timeout", "00:01:00", "Gateway:Routes:reports:Timeout")]
    [InlineData("Gateway:Routes:reports:RequestHeaders:0", "X-User-Id", "Gateway:Routes:reports:RequestHeaders:0")]
    [InlineData("Gateway:Routes:reports:RequestHeaders:0", "X_Tenant", "Gateway:Routes:reports:RequestHeaders:0")]
    [InlineData("Gateway:Routes:reports:ResponseHeaders:0", "Set-Cookie", "Gateway:Routes:reports:ResponseHeaders:0")]
    public async Task Names_the_setting_in_one_line(string key, string value, string named)
    {
        var settings = new Dictionary<string, string>(Valid, StringComparer.Ordinal) { [key] = value };
        if (key.StartsWith("Gateway:Routes:reports:", StringComparison.Ordinal))
            settings.TryAdd("Gateway:Routes:reports:Address", "http://reports");
        await AssertNames(named, [.. settings.Select(setting => $"--{setting.Key}={setting.Value}")]);
    }

    [Theory]
    [InlineData("""{"Mail":{"From":null}}""", "Mail:From")]
    [InlineData("""{"Mail":{"Sms":null,"Smtp":{"Host":{"Name":"mail"}}}}""", "Mail:Smtp:Host")]
    [InlineData("""{"Telegram":{"Token":null}}""", "Telegram:Token")]
    [InlineData("""{"Payments":{"ReturnOrigins":null,"Stripe":{"SecretKey":null}}}""", "Payments:Stripe:SecretKey")]
    [InlineData("""{"Payments":{"Yookassa":{"ShopId":null}}}""", "Payments:Yookassa:ShopId")]
    [InlineData("""{"Telemetry":{"OtlpEndpoint":null}}""", "Telemetry:OtlpEndpoint")]
    [InlineData("""{"Telemetry":{"OtlpEndpoint":["http://collector:4318"]}}""", "Telemetry:OtlpEndpoint")]
    [InlineData("""{"Logging":{"Format":null}}""", "Logging:Format")]
    [InlineData("""{"Grpc":{"Url":null}}""", "Grpc:Url")]
    [InlineData("""{"Orders":{"Url":null}}""", "Orders:Url")]
    [InlineData("""{"OAuth":{"Google":"id"}}""", "OAuth:Google")]
    public async Task Names_a_setting_that_is_null_or_of_another_form(string json, string named)
    {
        var environment = $"Settings{Guid.NewGuid():N}";
        var file = Path.Combine(AppContext.BaseDirectory, $"appsettings.{environment}.json");
        await File.WriteAllTextAsync(file, json);
        try
        {
            await AssertNames(
                named, [$"--environment={environment}", .. Valid.Select(setting => $"--{setting.Key}={setting.Value}")]);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Ends_the_process_with_1_and_no_stack()
    {
        using var process =
            Process.Start(new ProcessStartInfo("dotnet", [typeof(WebApi.WebApiHost).Assembly.Location, "--Limits:MaxBodyBytes=0"])
            {
                UseShellExecute = false,
                RedirectStandardError = true,
                RedirectStandardOutput = true,
            })!;
        var output = await process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains("Limits:MaxBodyBytes", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error + output, StringComparison.Ordinal);
    }

    private static async Task AssertNames(string named, string[] args)
    {
        await using var error = new StringWriter();
        var exit = await WebApi.WebApiHost.RunAsync(args, error);
        Assert.Equal(1, exit);
        var line = Assert.Single(error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains(named, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
    }
}
