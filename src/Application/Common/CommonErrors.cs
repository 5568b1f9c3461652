using Portico.Domain.Common;

namespace Portico.Application.Common;

/// <summary>Errors that any use case may return.</summary>
public static class CommonErrors
{
    public static readonly Error Unauthenticated =
        new(ErrorKind.Unauthenticated, "unauthenticated", "Sign in first: a valid access token is needed.");

    public static readonly Error Forbidden =
        new(ErrorKind.Forbidden, "forbidden", "Your role does not allow this.");

    public static readonly Error ConcurrentChange =
        new(ErrorKind.Conflict, "concurrent_change", "This was changed at the same time by another request. Read it again and repeat.");

    public static Error Validation(IReadOnlyDictionary<string, string[]> fields) =>
        new(ErrorKind.Validation, "validation_failed", "Some fields are not valid.") { Fields = fields };

    /// <summary>The error of one field, named in camelCase.</summary>
    internal static Error Validation(string field, string problem) =>
        Validation(new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [problem] });
}
