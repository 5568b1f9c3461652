namespace Portico.Infrastructure.Configuration;

/// <summary>Validates secret keys in base64.</summary>
internal static class SecretKeys
{
    private const int MinBytes = 32;

    /// <summary>The problem of the key, never its value; <c>null</c> when the key is valid.</summary>
    public static string? Problem(string setting, string? key)
    {
        if (string.IsNullOrEmpty(key))
            return $"{setting} is missing: {MinBytes} or more random bytes in base64, such as `openssl rand -base64 {MinBytes}` prints.";

        var bytes = new byte[key.Length];
        return Convert.TryFromBase64String(key, bytes, out var length) && length >= MinBytes
            ? null
            : $"{setting} must be at least {MinBytes} bytes in base64.";
    }
}
