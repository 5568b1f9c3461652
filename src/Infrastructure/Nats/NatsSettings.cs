using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NATS.Client.Core;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Nats;

/// <summary>Settings of the connection to NATS.</summary>
public sealed class NatsSettings : ISettings
{
    private const int DefaultPort = 4222;

    public static string Section => "Nats";

    /// <summary><c>nats://[user:password@]host[:port]</c> or <c>nats://token@host</c>; several addresses are separated by commas.</summary>
    /// <remarks><c>tls://</c> requires TLS. The credentials of the first address are used.</remarks>
    public string Url { get; init; } = "nats://127.0.0.1:4222";

    /// <summary>PEM file of the authorities that verify the server's certificate; empty uses those of the machine.</summary>
    public string CaFile { get; init; } = "";

    /// <summary>PEM file of the client certificate, if the server requires one; empty for none.</summary>
    public string CertFile { get; init; } = "";

    /// <summary>PEM file of the key of the client certificate.</summary>
    public string KeyFile { get; init; } = "";

    /// <summary>Whether the client also connects to servers that the cluster announces.</summary>
    /// <remarks>Set it to false when this process can't reach their addresses.</remarks>
    public bool FollowCluster { get; init; } = true;

    public IEnumerable<string> Problems()
    {
        if (!Addresses().All(IsServer))
            yield return "Nats:Url must be an address such as nats://127.0.0.1:4222.";
        if (CaFile.Length > 0 && !File.Exists(CaFile))
            yield return $"Nats:CaFile: there is no file {CaFile}.";
        if ((CertFile.Length == 0) != (KeyFile.Length == 0))
            yield return "Nats:CertFile and Nats:KeyFile go together: set both or neither.";
        if (CertFile.Length > 0 && !File.Exists(CertFile))
            yield return $"Nats:CertFile: there is no file {CertFile}.";
        if (KeyFile.Length > 0 && !File.Exists(KeyFile))
            yield return $"Nats:KeyFile: there is no file {KeyFile}.";
    }

    /// <summary>Creates a connection, which <see cref="NatsConnecting.OpenAsync"/> opens.</summary>
    /// <remarks>The client disconnects from a server that hangs after 6 s. It reconnects within 2 s after the server is back.</remarks>
    /// <param name="name">The name of the connection in the monitoring of the server.</param>
    /// <param name="loggers">The loggers of the client, which logs a line for each attempt.</param>
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
            // Also the time to wait for an answer that was lost with its connection.
            RequestTimeout = TimeSpan.FromSeconds(2),
            ReconnectWaitMin = TimeSpan.FromMilliseconds(100),
            ReconnectWaitMax = TimeSpan.FromSeconds(2),
            ReconnectJitter = TimeSpan.FromMilliseconds(100),
            // By default the client gives up for ever after two authentication errors, as when a password is changed on the server first.
            IgnoreAuthErrorAbort = true,
            PublishTimeoutOnDisconnected = true,
            // By default the client closes the socket before the last acknowledgements are sent.
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

    /// <summary>Replaces an announced address by a configured one before each connect, because the client has no option for it.</summary>
    private Func<(string Host, int Port), ValueTask<(string Host, int Port)>> KeepToOwnServers()
    {
        (string Host, int Port)[] own =
            [.. Addresses().Select(address => new Uri(address)).Select(uri => (uri.Host, uri.Port > 0 ? uri.Port : DefaultPort))];
        return server => ValueTask.FromResult(own.Contains(server) ? server : own[Random.Shared.Next(own.Length)]);
    }
}
