using System.Net;

namespace Portico.Application.Common.Auditing;

/// <summary>One entry of the audit log.</summary>
public sealed class AuditEntry
{
    public required Guid Id { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>The user who did it; <c>null</c> for the system and for a caller who was not signed in.</summary>
    public Guid? Actor { get; init; }

    public required string SubjectType { get; init; }
    public required string SubjectId { get; init; }
    public required string Action { get; init; }
    public IPAddress? Ip { get; init; }

    /// <summary>The id of the W3C trace of the request.</summary>
    public string? TraceId { get; init; }

    public Guid? SessionId { get; init; }

    /// <summary>The changed fields with their old values, as a JSON object.</summary>
    public string? Before { get; init; }

    /// <summary>The changed fields with their new values, as a JSON object.</summary>
    public string? After { get; init; }
}
