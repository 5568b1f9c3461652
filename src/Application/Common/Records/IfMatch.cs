using Portico.Domain.Common;

namespace Portico.Application.Common.Records;

/// <summary>The versions of a record that a caller is willing to change (RFC 9110, 13.1.1).</summary>
/// <remarks>Judged after the record was found, so that a record of somebody else is missing and nothing else.</remarks>
public sealed record IfMatch
{
    private readonly IReadOnlyCollection<long>? _versions;

    private IfMatch(IReadOnlyCollection<long>? versions) => _versions = versions;

    /// <summary>The caller did not say.</summary>
    public static IfMatch Missing { get; } = new(versions: null);

    /// <summary>Whichever version there is: <c>*</c>.</summary>
    public static IfMatch Any { get; } = new([]) { AllowsAny = true };

    private bool AllowsAny { get; init; }

    /// <summary>These versions; none when the caller named only what was never a version.</summary>
    public static IfMatch Of(params IReadOnlyCollection<long> versions) => new(versions);

    /// <returns>Why a record of this version may not be changed, or <c>null</c>.</returns>
    public Error? Refuse(long version) => this switch
    {
        { _versions: null } => RecordErrors.VersionNeeded,
        { AllowsAny: true } => null,
        _ => _versions.Contains(version) ? null : RecordErrors.VersionPassed,
    };
}
