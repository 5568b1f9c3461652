using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>What can be refused about people and their sign-in.</summary>
public static class UserErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such user.");

    public static readonly Error SessionNotFound = new(ErrorKind.NotFound, "not_found", "You have no such session.");

    public static readonly Error RankTooLow = new(
        ErrorKind.Forbidden, "rank_too_low",
        "Only who ranks higher may do this to a person, and may give them ranks below their own. Nobody does it to themselves.");

    public static readonly Error Deleted = new(ErrorKind.Conflict, "user_deleted", "This person is deleted. Restore them first.");

    public static readonly Error WalletsNotEmpty = new(
        ErrorKind.Conflict, "wallets_not_empty", "There is money in your wallets, or some is held. Move it first.");

    public static readonly Error AddressFreed = new(
        ErrorKind.Conflict, "address_freed",
        "The person's address was freed for others after the retention time, so nothing would reach them.");

    public static readonly Error InvalidCode =
        new(ErrorKind.Validation, "invalid_code", "The code is wrong, was used already or is no longer valid. Ask for a new one.");

    public static readonly Error AlreadyRegistered =
        new(ErrorKind.Conflict, "already_registered", "Somebody has signed up with this address already. Sign in instead.");

    public static readonly Error InvalidCredentials =
        new(ErrorKind.Unauthenticated, "invalid_credentials", "The address or the password is wrong.");

    public static readonly Error InvalidRefreshToken =
        new(ErrorKind.Unauthenticated, "invalid_refresh_token", "The session has ended. Sign in again.");

    public static readonly Error PhoneNotSupported =
        new(ErrorKind.Unprocessable, "phone_not_supported", "Codes by phone are not set up here. Use an e-mail address.");

    public static Error TooManyCodes(TimeSpan retryAfter) =>
        new(
            ErrorKind.TooManyRequests,
            "too_many_codes",
            "Too many codes were asked for. Wait before asking again.")
        { RetryAfter = retryAfter };

    public static Error TooManyAttempts(TimeSpan retryAfter) =>
        new(
            ErrorKind.TooManyRequests,
            "too_many_attempts",
            "Too many failed attempts. Wait before trying again.")
        { RetryAfter = retryAfter };
}
