using Portico.Domain.Common;

namespace Portico.Application.Common.Records;

/// <summary>The errors that any record may cause.</summary>
public static class RecordErrors
{
    /// <summary>The same for a record that never existed, a deleted record and a record of another user.</summary>
    public static readonly Error NotFound = new(ErrorKind.NotFound, "not_found", "There is no such record.");

    public static readonly Error VersionNeeded =
        new(
            ErrorKind.PreconditionRequired,
            "precondition_required",
            "Send the version that you change in If-Match: the ETag of your last read.");

    public static readonly Error VersionPassed =
        new(ErrorKind.PreconditionFailed, "precondition_failed", "This was changed after you read it. Read it again and repeat.");
}
