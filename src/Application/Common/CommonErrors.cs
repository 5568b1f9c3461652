using Portico.Domain.Common;

namespace Portico.Application.Common;

/// <summary>Refusals that any use case may meet.</summary>
public static class CommonErrors
{
    public static readonly Error Unauthenticated =
        new(ErrorKind.Unauthenticated, "unauthenticated", "Sign in first: a valid access token is needed.");

    public static readonly Error Forbidden =
        new(ErrorKind.Forbidden, "forbidden", "Your role does not allow this.");

    public static readonly Error ConcurrentChange =
        new(ErrorKind.Conflict, "concurrent_change", "Somebody else changed this at the same time. Read it again and repeat.");

    public static Error Validation(IReadOnlyDictionary<string, string[]> fields) =>
        new(ErrorKind.Validation, "validation_failed", "Some fields are not valid.") { Fields = fields };
}
