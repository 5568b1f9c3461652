using System.Collections.Frozen;

namespace Portico.Application.Common.Security;

/// <summary>The 3,000 commonest passwords of at least 8 characters, in any case.</summary>
/// <remarks>
/// From leaks of real accounts, as ranked by zxcvbn-ts (MIT, see THIRD-PARTY-NOTICES.md). Whatever the length, they are among the
/// first guesses (NIST SP 800-63B, 5.1.1.2).
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
