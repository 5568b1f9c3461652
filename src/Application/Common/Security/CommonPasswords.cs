using System.Collections.Frozen;

namespace Portico.Application.Common.Security;

/// <summary>The 3,000 most common passwords of at least 8 characters, in upper or lower case.</summary>
/// <remarks>
/// From leaks of real accounts, as ranked by zxcvbn-ts (MIT, see THIRD-PARTY-NOTICES.md). Attackers try them first, whatever their
/// length (NIST SP 800-63B, 5.1.1.2).
/// </remarks>
internal static class CommonPasswords
{
    private const string Resource = "common-passwords.txt";

    public static FrozenSet<string> All { get; } = Read().ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    private static IEnumerable<string> Read()
    {
        using var stream = typeof(CommonPasswords).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"The assembly lacks its resource {Resource}.");
        using var reader = new StreamReader(stream);
        while (reader.ReadLine() is { } password)
            yield return password;
    }
}
