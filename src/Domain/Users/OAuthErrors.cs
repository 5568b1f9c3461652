using Portico.Domain.Common;

namespace Portico.Domain.Users;

/// <summary>The errors of sign-in with providers such as Google.</summary>
public static class OAuthErrors
{
    public static readonly Error ProviderNotFound = new(ErrorKind.NotFound, "not_found", "There is no such provider here.");

    public static readonly Error LoginNotFound = new(ErrorKind.NotFound, "not_found", "You have no login of this provider.");

    public static readonly Error ReturnUrlNotAllowed = new(
        ErrorKind.Validation, "return_url_not_allowed", "This return URL is not on the list of this API.");

    public static readonly Error InvalidState = new(
        ErrorKind.Validation, "invalid_state",
        "This sign-in was not begun in this browser, is finished already or took too long. Begin again.");

    public static readonly Error LoginTaken = new(
        ErrorKind.Conflict, "login_taken", "This account of the provider is linked to another user. Unlink it there first.");

    public static readonly Error ProviderLinked = new(
        ErrorKind.Conflict, "provider_linked", "Another account of this provider is linked to this user. Unlink it first.");

    public static readonly Error LastLogin = new(
        ErrorKind.Conflict, "last_login", "This is the only way to sign in. Set a password, add a passkey or link another login first.");

    public static readonly Error SessionNotFresh = new(
        ErrorKind.Forbidden, "session_not_fresh",
        "This needs a session that was opened a short time ago. Sign in again, then repeat the request.");
}
