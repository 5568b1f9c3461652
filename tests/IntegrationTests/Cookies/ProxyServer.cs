using System.Net;
using System.Text.RegularExpressions;
using Portico.DevStack;
using Portico.Testing;

namespace Portico.IntegrationTests.Cookies;

/// <summary>A reverse proxy in front of a service, with a configuration from the documentation.</summary>
internal sealed partial class ProxyServer : IAsyncDisposable
{
    private readonly GuardedProcess _process;
    private readonly string _folder;

    private ProxyServer(GuardedProcess process, string folder, int port)
    {
        (_process, _folder) = (process, folder);
        Client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
    }

    public HttpClient Client { get; }

    /// <summary>The end of what it wrote.</summary>
    public string Log => LogTail.Of(Path.Combine(_folder, "log"));

    /// <summary>Starts nginx or Caddy with its block of <c>docs/services/forward-auth.md</c>; only the addresses are others.</summary>
    public static async Task<ProxyServer> StartAsync(string program, Uri portico, Uri service, string permission = "")
    {
        var page = await File.ReadAllTextAsync(Repository.File("docs/services/forward-auth.md"));
        var block = Blocks().Matches(page).Single(match => match.Groups["language"].Value == (program == "nginx" ? "nginx" : "caddyfile"));
        var port = Ports.Free();
        // Its own port first: those of the others are chosen at random, and may contain the same digits.
        var configuration = block.Groups["text"].Value
            .Replace("8080", $"{port}", StringComparison.Ordinal)
            .Replace("127.0.0.1:5080", portico.Authority, StringComparison.Ordinal)
            .Replace("127.0.0.1:9000", service.Authority, StringComparison.Ordinal);
        if (permission.Length > 0)
            configuration = Verify().Replace(configuration, $"$0?permission={permission}");

        var folder = Directory.CreateTempSubdirectory("portico-proxy-").FullName;
        var command = program == "nginx" ? await NginxAsync(folder, configuration) : await CaddyAsync(folder, configuration);
        return await StartAsync(command, folder, port);
    }

    /// <summary>Starts Caddy with a configuration of the test.</summary>
    public static async Task<ProxyServer> StartCaddyAsync(string configuration, int port)
    {
        var folder = Directory.CreateTempSubdirectory("portico-proxy-").FullName;
        return await StartAsync(await CaddyAsync(folder, configuration), folder, port);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static async Task<ProxyServer> StartAsync(GuardedCommand command, string folder, int port)
    {
        var process = await GuardedProcess.StartAsync(command, CancellationToken.None);
        await Eventually.Holds(
            () =>
            {
                Assert.False(process.Exited.IsCompleted, $"{command.Program} ended.{LogTail.Of(command.LogFile!)}");
                return Task.FromResult(!Ports.IsFree(port));
            },
            $"{command.Program} listens");
        return new ProxyServer(process, folder, port);
    }

    private static async Task<GuardedCommand> NginxAsync(string folder, string servers)
    {
        // One process of this user, which writes to its folder only.
        await File.WriteAllTextAsync(
            Path.Combine(folder, "nginx.conf"),
            $$"""
            daemon off;
            master_process off;
            pid nginx.pid;
            error_log stderr;
            events {}
            http {
                access_log off;
                client_body_temp_path body;
                proxy_temp_path proxy;
                fastcgi_temp_path fastcgi;
                uwsgi_temp_path uwsgi;
                scgi_temp_path scgi;
            {{servers}}
            }
            """);
        return new GuardedCommand(Programs.Need("nginx", "nginx-light"), ["-p", folder, "-c", "nginx.conf"])
        {
            LogFile = Path.Combine(folder, "log"),
        };
    }

    private static async Task<GuardedCommand> CaddyAsync(string folder, string sites)
    {
        await File.WriteAllTextAsync(
            Path.Combine(folder, "Caddyfile"),
            $$"""
            {
                admin off
                skip_install_trust
                auto_https disable_redirects
                storage file_system {{folder}}/data
            }
            {{sites}}
            """);
        return new GuardedCommand(
            Programs.Need("caddy", "caddy"), ["run", "--config", Path.Combine(folder, "Caddyfile"), "--adapter", "caddyfile"])
        {
            LogFile = Path.Combine(folder, "log"),
            Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOME"] = folder, ["XDG_CONFIG_HOME"] = folder },
        };
    }

    [GeneratedRegex("^```(?<language>[a-z]+)\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, 1000)]
    private static partial Regex Blocks();

    [GeneratedRegex("/api/v1/auth/verify(?!\\?)", RegexOptions.None, 1000)]
    private static partial Regex Verify();
}
