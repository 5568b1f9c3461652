using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Portico.Domain.Users;

namespace Portico.Infrastructure.RateLimiting;

/// <summary>Pseudonyms of contact addresses and clients, for keys in Redis.</summary>
internal sealed class Pseudonyms(byte[] key)
{
    public string Of(ContactAddress address) => Of($"address|{address.Kind}|{address.Value}");

    /// <summary>The pseudonym of a client: its IPv4 address, or its IPv6 /64 network.</summary>
    public string Of(IPAddress? client)
    {
        if (client is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
            return Of($"client|{Convert.ToHexString(client.GetAddressBytes().AsSpan(0, 8))}");
        return Of($"client|{(client is { IsIPv4MappedToIPv6: true } ? client.MapToIPv4() : client)}");
    }

    /// <summary>The pseudonym that stands for all clients that are signed in.</summary>
    public string OfSignedIn() => Of("client|signed in");

    /// <summary>The pseudonym of a user at one session version.</summary>
    public string Of(Guid userId, int sessionVersion) => Of($"user|{userId:N}|{sessionVersion}");

    /// <summary>The MAC of a code, bound to its purpose and address.</summary>
    public string OfCode(ContactAddress address, string purpose, string code) =>
        Of($"code|{purpose}|{address.Kind}|{address.Value}|{code}");

    private string Of(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
}
