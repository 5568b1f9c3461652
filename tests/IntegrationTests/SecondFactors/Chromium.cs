using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.SecondFactors;

/// <summary>A headless Chromium with one page, driven by the Chrome DevTools Protocol.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly DirectoryInfo _profile;
    private readonly ClientWebSocket _socket = new();
    private int _lastId;
    private string? _session;

    private Chromium(Process process, DirectoryInfo profile) => (_process, _profile) = (process, profile);

    public static async Task<Chromium> StartAsync()
    {
        var profile = Directory.CreateTempSubdirectory("portico-chromium-");
        var start = new ProcessStartInfo("chromium")
        {
            ArgumentList =
            {
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
                "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
                $"--user-data-dir={profile.FullName}", "about:blank",
            },
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        var browser = new Chromium(Process.Start(start)!, profile);
        // Nobody reads what it says, but a full pipe would stop it.
        browser._process.ErrorDataReceived += (_, _) => { };
        browser._process.OutputDataReceived += (_, _) => { };
        browser._process.BeginErrorReadLine();
        browser._process.BeginOutputReadLine();
        try
        {
            await browser.ConnectAsync();
            return browser;
        }
        catch
        {
            await browser.DisposeAsync();
            throw;
        }
    }

    public async Task OpenAsync(string url)
    {
        await CallAsync("Page.enable", new { });
        await CallAsync("Page.navigate", new { url });
        await Eventually.Holds(
            async () => await EvaluateAsync("document.readyState + ' ' + location.href") == $"complete {url}", $"the page {url}");
    }

    /// <summary>Adds an authenticator that stores passkeys and verifies its user, who always agrees.</summary>
    public async Task AddAuthenticatorAsync()
    {
        await CallAsync("WebAuthn.enable", new { });
        await CallAsync("WebAuthn.addVirtualAuthenticator", new
        {
            options = new
            {
                protocol = "ctap2",
                transport = "internal",
                hasResidentKey = true,
                hasUserVerification = true,
                isUserVerified = true,
                automaticPresenceSimulation = true,
            },
        });
    }

    /// <summary>The text that an expression gives, or that its promise brings.</summary>
    public async Task<string> EvaluateAsync(string expression)
    {
        var answer = await CallAsync(
            "Runtime.evaluate", new { expression, awaitPromise = true, returnByValue = true, userGesture = true });
        Assert.False(answer.TryGetProperty("exceptionDetails", out var failure), $"{failure}");
        return answer.GetProperty("result").GetProperty("value").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        try
        {
            _profile.Delete(recursive: true);
        }
        catch (IOException)
        {
            // A child process may still write as it ends.
        }
    }

    private async Task ConnectAsync()
    {
        var file = Path.Combine(_profile.FullName, "DevToolsActivePort");
        var lines = await Eventually.Get(
            async () => File.Exists(file) && await File.ReadAllLinesAsync(file) is { Length: >= 2 } found ? found : null,
            "the port of Chromium");
        using var deadline = new CancellationTokenSource(Deadline);
        await _socket.ConnectAsync(new Uri($"ws://127.0.0.1:{lines[0]}{lines[1]}"), deadline.Token);
        var created = await CallAsync("Target.createTarget", new { url = "about:blank" });
        var attached = await CallAsync("Target.attachToTarget", new { targetId = created.Text("targetId"), flatten = true });
        _session = attached.Text("sessionId");
    }

    // One call at a time; events in between are skipped.
    private async Task<JsonElement> CallAsync(string method, object parameters)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var id = ++_lastId;
        var call = new Dictionary<string, object>(StringComparer.Ordinal) { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null)
            call["sessionId"] = _session;
        await _socket.SendAsync(
            JsonSerializer.SerializeToUtf8Bytes(call), WebSocketMessageType.Text, endOfMessage: true, deadline.Token);
        while (true)
        {
            var message = await ReceiveAsync(deadline.Token);
            if (!message.TryGetProperty("id", out var answered) || answered.GetInt32() != id)
                continue;
            Assert.False(message.TryGetProperty("error", out var error), $"{method}: {error}");
            return message.GetProperty("result");
        }
    }

    private async Task<JsonElement> ReceiveAsync(CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer, cancellationToken);
            text.Append(Encoding.UTF8.GetString(buffer, 0, part.Count));
            if (part.EndOfMessage)
                return JsonSerializer.Deserialize<JsonElement>(text.ToString());
        }
    }
}
