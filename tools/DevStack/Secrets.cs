using System.Security.Cryptography;
using System.Text.Json;

namespace Portico.DevStack;

/// <summary>The keys and passwords of one checkout, generated on its first run.</summary>
internal sealed record Secrets(string SessionsKey, string OtpKey, string SealingKey, string MigratorPassword, string AppPassword)
{
    /// <summary>Gets the password of the role that migrates the database of the orders service.</summary>
    public string? OrdersMigratorPassword { get; init; }

    /// <summary>Gets the password of the role of the orders service.</summary>
    public string? OrdersAppPassword { get; init; }

    private const int KeyBytes = 32;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<Secrets> EnsureAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var file = Path.Combine(folder, "secrets.json");
        var known = File.Exists(file) ? await ReadAsync(file, cancellationToken) : null;
        if (known is { SealingKey: not null, OrdersAppPassword: not null })
            return known;

        // The file of an earlier version lacks some.
        var secrets = known is { SealingKey: not null }
            ? known
            : new Secrets(NewKey(), NewKey(), NewKey(), NewPassword(), NewPassword());
        secrets = secrets with { OrdersMigratorPassword = NewPassword(), OrdersAppPassword = NewPassword() };
        await PrivateFile.WriteAsync(file, JsonSerializer.Serialize(secrets, Json), cancellationToken);
        return secrets;
    }

    private static async Task<Secrets> ReadAsync(string file, CancellationToken cancellationToken) =>
        JsonSerializer.Deserialize<Secrets>(await File.ReadAllTextAsync(file, cancellationToken), Json)
        ?? throw new LocalStackException($"{file} is empty: delete it to generate new keys.");

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes));

    private static string NewPassword() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes / 2));
}
