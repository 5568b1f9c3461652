using System.Security.Cryptography;
using System.Text.Json;

namespace Portico.DevStack;

/// <summary>The keys and passwords of one checkout, made on its first run.</summary>
internal sealed record Secrets(string SessionsKey, string OtpKey, string MigratorPassword, string AppPassword)
{
    private const int KeyBytes = 32;
    private const int RsaBits = 2048;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<Secrets> EnsureAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var signingKey = SigningKeyFile(folder);
        if (!File.Exists(signingKey))
        {
            using var rsa = RSA.Create(RsaBits);
            await PrivateFile.WriteAsync(signingKey, rsa.ExportPkcs8PrivateKeyPem(), cancellationToken);
        }

        var file = Path.Combine(folder, "secrets.json");
        if (File.Exists(file))
        {
            return JsonSerializer.Deserialize<Secrets>(await File.ReadAllTextAsync(file, cancellationToken), Json)
                ?? throw new LocalStackException($"{file} is empty: delete it to have new keys made.");
        }

        var secrets = new Secrets(NewKey(), NewKey(), NewPassword(), NewPassword());
        await PrivateFile.WriteAsync(file, JsonSerializer.Serialize(secrets, Json), cancellationToken);
        return secrets;
    }

    public static string SigningKeyFile(string folder) => Path.Combine(folder, "signing.pem");

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes / 2));
}
