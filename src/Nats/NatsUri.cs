using System.Diagnostics.CodeAnalysis;

namespace Portico.Nats;

/// <summary>The address of one server.</summary>
public sealed record NatsUri
{
    private const int DefaultPort = 4222;

    private NatsUri(string host, int port, bool isTls) => (Host, Port, IsTls) = (host, port, isTls);

    public string Host { get; }
    public int Port { get; }
    public bool IsTls { get; }

    /// <summary>The name that its certificate must have.</summary>
    internal string TlsHost { get => field ?? Host; private init; }

    internal NatsAuthOpts Credentials { get; private init; } = NatsAuthOpts.Default;

    /// <summary>Without the credentials.</summary>
    public override string ToString() => $"{(IsTls ? "tls" : "nats")}://{Host}:{Port}";

    /// <summary>Reads the servers of <see cref="NatsOpts.Url"/>.</summary>
    public static bool TryParse(string urls, [NotNullWhen(true)] out IReadOnlyList<NatsUri>? servers)
    {
        servers = null;
        var parsed = new List<NatsUri>();
        foreach (var url in urls.Split(',', StringSplitOptions.TrimEntries))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("nats" or "tls") || uri.Host.Length == 0
                || uri.PathAndQuery is not ("/" or "") || uri.Fragment.Length > 0)
                return false;
            parsed.Add(Of(uri));
        }

        servers = parsed;
        return true;
    }

    /// <summary>Reads a server that another one told of, <c>host:port</c>; it is as well protected as that one, and has a certificate for the same name.</summary>
    internal static NatsUri? Announced(string address, NatsUri by) =>
        Uri.TryCreate($"nats://{address}", UriKind.Absolute, out var uri) && uri.Port > 0 && uri.UserInfo.Length == 0 && uri.PathAndQuery is "/" or ""
            ? new NatsUri(uri.DnsSafeHost, uri.Port, by.IsTls) { TlsHost = by.TlsHost }
            : null;

    private static NatsUri Of(Uri uri)
    {
        var parts = uri.UserInfo.Length == 0 ? [] : uri.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        return new NatsUri(uri.DnsSafeHost, uri.Port > 0 ? uri.Port : DefaultPort, uri.Scheme == "tls")
        {
            Credentials = parts.Length switch
            {
                0 => NatsAuthOpts.Default,
                1 => new NatsAuthOpts { Token = parts[0] },
                _ => new NatsAuthOpts { Username = parts[0], Password = parts[1] },
            },
        };
    }
}
