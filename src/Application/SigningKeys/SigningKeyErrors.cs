using Portico.Domain.Common;

namespace Portico.Application.SigningKeys;

/// <summary>The errors of changes of signing keys.</summary>
public static class SigningKeyErrors
{
    /// <summary>The change is not possible now.</summary>
    /// <param name="reason">Why: a sentence without a secret.</param>
    public static Error Refused(string reason) =>
        new(ErrorKind.Conflict, "signing_key_refused", $"{reason} The signing keys did not change.");
}
