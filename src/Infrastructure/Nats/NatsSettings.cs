using System.Diagnostics.CodeAnalysis;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Nats;

/// <summary>How NATS is reached.</summary>
internal sealed class NatsSettings : ISettings
{
    private const int DefaultPort = 4222;

    public static string Section => "Nats";

    /// <summary><c>nats://[user:password@]host[:port]</c>, or <c>nats://token@host</c>.</summary>
    public string Url { get; init; } = "nats://127.0.0.1:4222";

    internal NatsAddress Address => TryParse(out var address) ? address : throw new InvalidOperationException("Nats:Url was not checked.");

    public IEnumerable<string> Problems()
    {
        if (!TryParse(out _))
            yield return "Nats:Url must be an address such as nats://127.0.0.1:4222.";
    }

    private bool TryParse([NotNullWhen(true)] out NatsAddress? address)
    {
        address = null;
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var uri) || uri.Scheme != "nats" || uri.Host.Length == 0 || uri.PathAndQuery is not ("/" or ""))
            return false;

        var credentials = uri.UserInfo.Length == 0 ? [] : uri.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        address = new NatsAddress(uri.DnsSafeHost, uri.IsDefaultPort || uri.Port < 0 ? DefaultPort : uri.Port)
        {
            Token = credentials.Length == 1 ? credentials[0] : null,
            User = credentials.Length == 2 ? credentials[0] : null,
            Password = credentials.Length == 2 ? credentials[1] : null,
        };
        return true;
    }
}

/// <summary>One NATS server and the credentials for it.</summary>
internal sealed record NatsAddress(string Host, int Port)
{
    public string? Token { get; init; }
    public string? User { get; init; }
    public string? Password { get; init; }
}
