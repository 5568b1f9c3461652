using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Nats;

/// <summary>How NATS is reached.</summary>
public sealed class NatsSettings : ISettings
{
    private const int DefaultPort = 4222;

    public static string Section => "Nats";

    /// <summary><c>nats://[user:password@]host[:port]</c> or <c>nats://token@host</c>; several are separated by commas.</summary>
    /// <remarks><c>tls://</c> insists on TLS. The credentials are those of the first address.</remarks>
    public string Url { get; init; } = "nats://127.0.0.1:4222";

    /// <summary>PEM file of the authorities that the server's certificate is checked by; empty takes those of the machine.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>PEM file of our own certificate, where the server asks for one; empty has none.</summary>
    public string CertFile { get; init; } = "";

    /// <summary>PEM file of its key.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Whether servers that the cluster announces are used as well.</summary>
    /// <remarks>Off where their addresses can't be reached from here.</remarks>
    public bool FollowCluster { get; init; } = true;

    public IEnumerable<string> Problems()
    {
        if (!Addresses().All(IsServer))
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

    /// <summary>Makes a connection, which <see cref="NatsConnecting.OpenAsync"/> opens.</summary>
    /// <remarks>A server that hangs is given up after 6 s. A lost connection comes back within 2 s of the server.</remarks>
    /// <param name="name">What the server calls the connection in its monitoring.</param>
    /// <param name="loggers">Takes what the client logs: a line for each attempt.</param>
    public NatsConnection CreateConnection(string name, ILoggerFactory? loggers = null)
    {
        var connection = new NatsConnection(new NatsOpts
        {
            Url = string.Join(',', Addresses()),
            Name = name,
            LoggerFactory = loggers ?? NullLoggerFactory.Instance,
            TlsOpts = new NatsTlsOpts { CaFile = FileOrNull(CaFile), CertFile = FileOrNull(CertFile), KeyFile = FileOrNull(KeyFile) },
            PingInterval = TimeSpan.FromSeconds(2),
            MaxPingOut = 2,
            // An answer that was lost with its connection is awaited for as long.
            RequestTimeout = TimeSpan.FromSeconds(2),
            ReconnectWaitMin = TimeSpan.FromMilliseconds(100),
            ReconnectWaitMax = TimeSpan.FromSeconds(2),
            ReconnectJitter = TimeSpan.FromMilliseconds(100),
            // The default gives a connection up for ever after two refusals, as when a password is changed on the server first.
            IgnoreAuthErrorAbort = true,
            PublishTimeoutOnDisconnected = true,
            // The default closes the socket before the last acknowledgements have left.
            DrainSubscriptionsOnDispose = true,
        });
        if (!FollowCluster)
            connection.OnConnectingAsync = KeepToOwnServers();
        return connection;
    }

    private static string? FileOrNull(string file) => file.Length > 0 ? file : null;

    private static bool IsServer(string address) => Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme is "nats" or "tls") && uri.Host.Length > 0 && (uri.PathAndQuery is "/" or "") && uri.Fragment.Length == 0;

    private string[] Addresses() => Url.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>The client has no option for it: an announced address is replaced by one of ours when it is about to be dialled.</summary>
    private Func<(string Host, int Port), ValueTask<(string Host, int Port)>> KeepToOwnServers()
    {
        (string Host, int Port)[] own =
            [.. Addresses().Select(address => new Uri(address)).Select(uri => (uri.Host, uri.Port > 0 ? uri.Port : DefaultPort))];
        return server => ValueTask.FromResult(own.Contains(server) ? server : own[Random.Shared.Next(own.Length)]);
    }
}
