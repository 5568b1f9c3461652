using System.Net;

namespace Portico.Application.Common.Auditing;

/// <summary>A line of the audit log.</summary>
public sealed class AuditEntry
{
    public required Guid Id { get; init; }
    public required DateTimeOffset At { get; init; }

    /// <summary>Who did it; <c>null</c> for the system and for those who were not signed in.</summary>
    public Guid? Actor { get; init; }

    public required string SubjectType { get; init; }
    public required string SubjectId { get; init; }
    public required string Action { get; init; }
    public IPAddress? Ip { get; init; }

    /// <summary>The W3C trace that it was part of.</summary>
    public string? TraceId { get; init; }

    public Guid? SessionId { get; init; }

    /// <summary>The changed fields as they were, a JSON object.</summary>
    public string? Before { get; init; }

    /// <summary>The changed fields as they are since, a JSON object.</summary>
    public string? After { get; init; }
}
