using System.Security.Cryptography;
using System.Text.Json;

namespace Portico.DevStack;

/// <summary>The keys and passwords of one checkout, generated on its first run.</summary>
internal sealed record Secrets(string SessionsKey, string OtpKey, string SealingKey, string MigratorPassword, string AppPassword)
{
    private const int KeyBytes = 32;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<Secrets> EnsureAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = Path.Combine(folder, "secrets.json");
        if (File.Exists(file))
        {
            var known = JsonSerializer.Deserialize<Secrets>(await File.ReadAllTextAsync(file, cancellationToken), Json)
                ?? throw new LocalStackException($"{file} is empty: delete it to generate new keys.");
            if (known.SealingKey is not null)
                return known;
        }

        var secrets = new Secrets(NewKey(), NewKey(), NewKey(), NewPassword(), NewPassword());
        await PrivateFile.WriteAsync(file, JsonSerializer.Serialize(secrets, Json), cancellationToken);
        return secrets;
    }

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes / 2));
}
