using Portico.Infrastructure.Configuration;
using Portico.Nats;

namespace Portico.Infrastructure.Nats;

/// <summary>How NATS is reached.</summary>
internal sealed class NatsSettings : ISettings
{
    public static string Section => "Nats";

    /// <summary><c>nats://[user:password@]host[:port]</c>, or <c>nats://token@host</c>; <c>tls://</c> insists on TLS; several are separated by commas.</summary>
    public string Url { get; init; } = "nats://127.0.0.1:4222";

    /// <summary>PEM file of the authorities that the server's certificate is checked by; empty takes those of the machine.</summary>
    public string CaFile { get; init; } = "";

    public IEnumerable<string> Problems()
    {
        if (!NatsUri.TryParse(Url, out _))
            yield return "Nats:Url must be an address such as nats://127.0.0.1:4222.";
        if (CaFile.Length > 0 && !File.Exists(CaFile))
            yield return $"Nats:CaFile: there is no file {CaFile}.";
    }

    /// <summary>The options of a connection; a server that hangs is given up after 6 s.</summary>
    internal NatsOpts Options(string name) => new()
    {
        Url = Url,
        Name = name,
        TlsOpts = new NatsTlsOpts { CaFile = CaFile.Length > 0 ? CaFile : null },
        PingInterval = TimeSpan.FromSeconds(2),
        MaxPingOut = 2,
        RetryOnInitialConnect = true,
        ReconnectWaitMax = TimeSpan.FromSeconds(2),
    };
}
