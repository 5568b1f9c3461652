using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Portico.Infrastructure.Notifications;
using Portico.Testing;

namespace Portico.IntegrationTests.Notifications;

/// <summary>A mail as the server's own parser read it.</summary>
internal sealed record TakenMail(
    string From, string To, string? User, bool Secure, string Id, string Sender, string Subject, string Text, string? Html,
    DateTimeOffset Date,
    string? Automatic, string Raw);

/// <summary>A mail server in Node; <c>smtp/server.mjs</c> says how addresses make it misbehave.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Notifications", "smtp");

    private readonly ConcurrentQueue<TakenMail> _taken = [];
    private readonly Process _process;
    private readonly Task _reading;
    private readonly DirectoryInfo _folder;

    private MailServer(Process process, int port, DirectoryInfo folder) =>
        (_process, Port, _folder, _reading) = (process, port, folder, Read(process, _taken));

    public const string UserName = "portico";
    public const string Password = "p\u00E4ssword with spaces";

    public int Port { get; }
    public TakenMail[] Taken => [.. _taken];

    /// <summary>The authority behind the server's certificate.</summary>
    public string CertificateFile => Path.Combine(_folder.FullName, "cert.pem");

    public static async Task<MailServer> StartAsync(
        SmtpSecurity security, bool withUser = true, string[]? methods = null, string name = "localhost")
    {
        await NodePackages.InstallAsync();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));

        var folder = Directory.CreateTempSubdirectory("portico-smtp-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "cert.pem"), certificate.ExportCertificatePem());
        var options = JsonSerializer.Serialize(
            new
            {
                Security = security == SmtpSecurity.Tls ? "tls" : security == SmtpSecurity.StartTls ? "starttls" : "none",
                Key = key.ExportPkcs8PrivateKeyPem(),
                Cert = certificate.ExportCertificatePem(),
                User = withUser ? UserName : null,
                Password,
                Methods = methods ?? ["PLAIN", "LOGIN"],
            },
            JsonSerializerOptions.Web);

        var process = Process.Start(new ProcessStartInfo("node", ["server.mjs", options])
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var first = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The mail server did not start.");
        return new MailServer(process, JsonDocument.Parse(first).RootElement.GetProperty("port").GetInt32(), folder);
    }

    /// <summary>The mails to an address, once there are so many.</summary>
    public Task<TakenMail[]> TakenBy(string address, int count = 1) => Eventually.Get(
        () => Task.FromResult(Taken.Where(mail => mail.To == address).ToArray() is var mails && mails.Length >= count ? mails : null),
        $"{count} mails to {address}");

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task Read(Process process, ConcurrentQueue<TakenMail> taken)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
            taken.Enqueue(JsonSerializer.Deserialize<TakenMail>(line, JsonSerializerOptions.Web)!);
    }
}
