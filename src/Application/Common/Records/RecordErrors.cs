using Portico.Domain.Common;

namespace Portico.Application.Common.Records;

/// <summary>What can be refused about any record.</summary>
public static class RecordErrors
{
    /// <summary>The same for a record that never was, one that was deleted and one of somebody else.</summary>
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such record.");

    public static readonly Error VersionNeeded =
        new(
            ErrorKind.PreconditionRequired,
            "precondition_required",
            "Say in If-Match which version you change: the ETag of your last read.");

    public static readonly Error VersionPassed =
        new(ErrorKind.PreconditionFailed, "precondition_failed", "This has been changed since you read it. Read it again and repeat.");
}
