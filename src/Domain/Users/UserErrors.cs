using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>The errors of users and their sign-in.</summary>
public static class UserErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such user.");

    public static readonly Error SessionNotFound = new(ErrorKind.NotFound, "not_found", "You have no such session.");

    public static readonly Error RankTooLow = new(
        ErrorKind.Forbidden, "rank_too_low",
        "This needs a higher role than the user has, and you can only give roles below your own. You can't do this to yourself.");

    public static readonly Error Deleted = new(ErrorKind.Conflict, "user_deleted", "This user is deleted. Restore the user first.");

    public static readonly Error WalletsNotEmpty = new(
        ErrorKind.Conflict, "wallets_not_empty", "The wallets of the account contain money or have open holds. Move the money first.");

    public static readonly Error LastAdministrator = new(
        ErrorKind.Conflict, "last_administrator", "This is the last administrator. Make another administrator first.");

    public static readonly Error AddressFreed = new(
        ErrorKind.Conflict, "address_freed",
        "The user can't be restored: there is no passkey, and no contact address any more to sign in with, or there was none.");

    public static readonly Error InvalidCode =
        new(ErrorKind.Validation, "invalid_code", "The code is wrong, already used or expired. Ask for a new one.");

    public static readonly Error AlreadyRegistered =
        new(ErrorKind.Conflict, "already_registered", "This address is already registered. Sign in instead.");

    public static readonly Error InvalidCredentials =
        new(ErrorKind.Unauthenticated, "invalid_credentials", "The address or the password is wrong.");

    public static readonly Error InvalidRefreshToken =
        new(ErrorKind.Unauthenticated, "invalid_refresh_token", "The session has ended. Sign in again.");

    public static readonly Error RefreshSuperseded = new(
        ErrorKind.Unauthenticated, "refresh_superseded",
        "A newer refresh token was given for this session. The session goes on: use the newest token.");

    public static readonly Error SignInAgain = new(
        ErrorKind.Unauthenticated, "sign_in_again",
        "The password has changed, but this session could not go on. Sign in with the new password.");

    public static readonly Error PhoneNotSupported =
        new(ErrorKind.Unprocessable, "phone_not_supported", "Codes by phone are not available. Use an e-mail address.");

    public static Error TooManyCodes(TimeSpan retryAfter) =>
        new(ErrorKind.TooManyRequests, "too_many_codes", "Too many codes were requested. Wait before you ask again.")
        {
            RetryAfter = retryAfter,
        };

    public static Error TooManyAttempts(TimeSpan retryAfter) =>
        new(ErrorKind.TooManyRequests, "too_many_attempts", "Too many failed attempts. Wait before you try again.")
        {
            RetryAfter = retryAfter,
        };
}
