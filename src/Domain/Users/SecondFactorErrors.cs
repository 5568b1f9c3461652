using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>The errors of second factors and passkeys.</summary>
public static class SecondFactorErrors
{
    public static readonly Error TotpNotFound = new(ErrorKind.NotFound, "not_found", "You have no authenticator app here.");

    public static readonly Error PasskeyNotFound = new(ErrorKind.NotFound, "not_found", "You have no such passkey.");

    public static readonly Error TotpActive = new(
        ErrorKind.Conflict, "totp_active", "An authenticator app is active already. Remove it before you add another one.");

    public static readonly Error PasskeyTaken = new(
        ErrorKind.Conflict, "passkey_taken", "This passkey is registered already.");

    public static readonly Error TooManyPasskeys = new(
        ErrorKind.Conflict, "too_many_passkeys", "You have as many passkeys as are allowed. Remove one first.");

    public static readonly Error LastSecondFactor = new(
        ErrorKind.Conflict, "last_second_factor", "Your role needs a second factor, and this is the only one. Add another one first.");

    public static readonly Error InvalidPasskey = new(
        ErrorKind.Validation, "invalid_passkey", "The passkey could not be verified, or the attempt took too long. Begin again.");

    public static readonly Error PasskeysUnavailable = new(
        ErrorKind.Unprocessable, "passkeys_unavailable", "Passkeys are not available here. Use another way to sign in.");

    public static readonly Error NotFresh = new(
        ErrorKind.Forbidden, "second_factor_not_fresh", "Prove your second factor again, then repeat the request.");

    public static readonly Error Required = new(
        ErrorKind.Unauthenticated, "second_factor_required", "Your role needs a second factor. Sign in again with it.");
}
