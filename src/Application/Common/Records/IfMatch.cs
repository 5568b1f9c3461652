using Portico.Domain.Common;

namespace Portico.Application.Common.Records;

/// <summary>The versions of a record that the caller accepts for a change (RFC 9110, 13.1.1).</summary>
/// <remarks>Checked after the record was found, so a record of another user always gives 404.</remarks>
public sealed record IfMatch
{
    private readonly IReadOnlyCollection<long>? _versions;

    private IfMatch(IReadOnlyCollection<long>? versions) => _versions = versions;

    /// <summary>The caller sent no header.</summary>
    public static IfMatch Missing { get; } = new(versions: null);

    /// <summary>Any version: <c>*</c>.</summary>
    public static IfMatch Any { get; } = new([]) { AllowsAny = true };

    private bool AllowsAny { get; init; }

    /// <summary>These versions; none when the caller named only texts that are not versions.</summary>
    public static IfMatch Of(params IReadOnlyCollection<long> versions) => new(versions);

    /// <summary>Checks the current version of a record.</summary>
    /// <returns>The error when this version may not be changed, or <c>null</c>.</returns>
    public Error? Refuse(long version) => this switch
    {
        { _versions: null } => RecordErrors.VersionNeeded,
        { AllowsAny: true } => null,
        _ => _versions.Contains(version) ? null : RecordErrors.VersionPassed,
    };
}
