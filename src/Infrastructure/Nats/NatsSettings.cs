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

    /// <summary>PEM file of our own certificate, where the server asks for one; empty has none.</summary>
    public string CertFile { get; init; } = "";

    /// <summary>PEM file of its key.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Whether other servers, of which the cluster tells, are used as well; off where their addresses can't be reached from here.</summary>
    public bool FollowCluster { get; init; } = true;

    public IEnumerable<string> Problems()
    {
        if (!NatsUri.TryParse(Url, out _))
            yield return "Nats:Url must be an address such as nats://127.0.0.1:4222.";
        if (CaFile.Length > 0 && !File.Exists(CaFile))
            yield return $"Nats:CaFile: there is no file {CaFile}.";
        if ((CertFile.Length == 0) != (KeyFile.Length == 0))
            yield return "Nats:CertFile and Nats:KeyFile go together.";
        if (CertFile.Length > 0 && !File.Exists(CertFile))
            yield return $"Nats:CertFile: there is no file {CertFile}.";
        if (KeyFile.Length > 0 && !File.Exists(KeyFile))
            yield return $"Nats:KeyFile: there is no file {KeyFile}.";
    }

    /// <summary>The options of a connection; a server that hangs is given up after 6 s.</summary>
    internal NatsOpts Options(string name) => new()
    {
        Url = Url,
        Name = name,
        TlsOpts = new NatsTlsOpts { CaFile = Given(CaFile), CertFile = Given(CertFile), KeyFile = Given(KeyFile) },
        IgnoreDiscoveredServers = !FollowCluster,
        PingInterval = TimeSpan.FromSeconds(2),
        MaxPingOut = 2,
        RetryOnInitialConnect = true,
        ReconnectWaitMax = TimeSpan.FromSeconds(2),
    };

    private static string? Given(string file) => file.Length > 0 ? file : null;
}
