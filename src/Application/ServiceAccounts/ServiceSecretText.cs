using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Portico.Application.ServiceAccounts;

/// <summary>The text of a secret, and its hash.</summary>
/// <remarks>It has 256 random bits, so a plain hash can't be searched. The prefix lets scanners find a secret that was published.</remarks>
internal static class ServiceSecretText
{
    private const string Prefix = "portico_";
    private const int Bytes = 32;

    public static string New() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    public static byte[] HashOf(string secret) => SHA256.HashData(Encoding.UTF8.GetBytes(secret));
}
