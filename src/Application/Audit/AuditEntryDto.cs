using System.Text.Json;
using Portico.Application.Common.Auditing;

namespace Portico.Application.Audit;

/// <summary>One entry of the audit log: who did what to whom, when and from where.</summary>
/// <param name="Id">A UUID v7: ids sort by time.</param>
/// <param name="At">When it was done.</param>
/// <param name="Actor">The user who did it; null for the system and for a caller who was not signed in.</param>
/// <param name="Subject">The user or the thing that was changed.</param>
/// <param name="Action">What was done, for example user.blocked.</param>
/// <param name="Ip">The IP address of the client.</param>
/// <param name="TraceId">The id of the W3C trace of the request.</param>
/// <param name="SessionId">The session of the caller, or the session that the entry is about.</param>
/// <param name="Before">The changed fields with their old values.</param>
/// <param name="After">The changed fields with their new values.</param>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","at":"2026-11-21T10:00:00.123Z","actor":"01a1fc7e-0a11-7c6e-8d3e-0f9a5b1c2d3e",
/// "subject":{"type":"user","id":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1"},"action":"user.blocked","ip":"203.0.113.7",
/// "traceId":"4bf92f3577b34da6a3ce929d0e0e4736","sessionId":"01a1fc7e-5e55-7a10-8b1c-0ae82c4c4dd2","before":{"status":"active"},
/// "after":{"reason":"Sells forged tickets.","status":"blocked"}}
/// </example>
public sealed record AuditEntryDto(
    Guid Id, DateTimeOffset At, Guid? Actor, AuditSubjectDto Subject, string Action, string? Ip, string? TraceId, Guid? SessionId,
    IReadOnlyDictionary<string, JsonElement>? Before, IReadOnlyDictionary<string, JsonElement>? After)
{
    internal static AuditEntryDto Of(AuditEntry entry) => new(
        entry.Id, entry.At, entry.Actor, new AuditSubjectDto(entry.SubjectType, entry.SubjectId), entry.Action, entry.Ip?.ToString(),
        entry.TraceId, entry.SessionId, Fields(entry.Before), Fields(entry.After));

    private static Dictionary<string, JsonElement>? Fields(string? json) =>
        json is null ? null : JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json);
}

/// <summary>The user or the thing that an action changed.</summary>
/// <example>{"type":"user","id":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1"}</example>
public sealed record AuditSubjectDto(string Type, string Id);
