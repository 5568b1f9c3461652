using Portico.Domain.Common;

namespace Portico.Domain.ServiceAccounts;

/// <summary>The errors of service accounts.</summary>
public static class ServiceAccountErrors
{
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such service account.");

    public static readonly Error SecretNotFound = new(ErrorKind.NotFound, "not_found", "The service account has no such secret.");

    public static readonly Error TooManyAccounts = new(
        ErrorKind.Conflict, "too_many_service_accounts", "There are as many service accounts as are allowed. Delete one first.");

    public static readonly Error TooManySecrets = new(
        ErrorKind.Conflict, "too_many_secrets", "The service account has two valid secrets. Remove one, or wait until it has expired.");

    public static readonly Error InvalidClient = new(
        ErrorKind.Unauthenticated, "invalid_client", "The client id or the secret is wrong or expired, or the account was deleted.");

    public static readonly Error InvalidScope = new(
        ErrorKind.Validation, "invalid_scope", "The scope names a permission that the service account does not have.");
}
