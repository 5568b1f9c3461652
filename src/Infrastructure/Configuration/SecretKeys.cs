namespace Portico.Infrastructure.Configuration;

/// <summary>Judges secret keys that come as base64 text.</summary>
internal static class SecretKeys
{
    private const int MinBytes = 32;

    /// <summary>What is wrong with the key, never its value; <c>null</c> when nothing is.</summary>
    public static string? Problem(string setting, string key)
    {
        if (key.Length == 0)
            return $"{setting} is missing: {MinBytes} or more random bytes in base64, such as `openssl rand -base64 {MinBytes}` prints.";

        var bytes = new byte[key.Length];
        return Convert.TryFromBase64String(key, bytes, out var length) && length >= MinBytes
            ? null
            : $"{setting} must be at least {MinBytes} bytes in base64.";
    }
}
