using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Audit;

/// <summary>Writes entries of the audit log to PostgreSQL.</summary>
public sealed class AuditLog(
    AppDbContext db, DbContextOptions<AppDbContext> options, ICurrentUser caller, IClient client, TimeProvider clock) : IAuditLog
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public void Add(AuditNote note)
    {
        if (db.Database.CurrentTransaction is null)
            throw new InvalidOperationException($"The audit note {note.Action} needs a transaction; without one it would be lost.");

        db.Set<AuditEntry>().Add(EntryOf(note));
    }

    public async Task AddNow(AuditNote note)
    {
        // A separate connection: the entry stays when the other transaction is rolled back.
        await using var apart = new AppDbContext(options);
        apart.Set<AuditEntry>().Add(EntryOf(note));
        await apart.SaveChangesAsync(CancellationToken.None);
    }

    private AuditEntry EntryOf(AuditNote note)
    {
        var now = clock.GetUtcNow();
        return new AuditEntry
        {
            Id = Ids.New(now),
            At = now,
            Actor = caller.Claims?.Subject,
            SubjectType = note.Subject.Type,
            SubjectId = note.Subject.Id,
            Action = note.Action,
            Ip = client.IpAddress,
            TraceId = Activity.Current?.TraceId.ToHexString(),
            SessionId = note.SessionId ?? caller.Claims?.SessionId,
            Before = Write(note.Before),
            After = Write(note.After),
        };
    }

    private static string? Write(IReadOnlyDictionary<string, object?> fields) =>
        fields.Count == 0 ? null : JsonSerializer.Serialize(fields, Json);
}
