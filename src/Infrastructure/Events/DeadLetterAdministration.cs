using System.Text;
using System.Text.Json;
using Npgsql;
using Portico.Application.DeadLetters;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Events;

/// <summary>Reads, replays and drops dead letters for operators, in the open transaction if there is one.</summary>
internal sealed class DeadLetterAdministration(AppDbContext db) : IDeadLetters
{
    private const string ListSql =
        $"""
        SELECT id, kind, name, reason, died_at, replay_asked_at FROM ({DeadLetterSql.All}) d
        WHERE ($1::text IS NULL OR kind = $1) AND ($2::timestamptz IS NULL OR (died_at, id) > ($2, $3))
        ORDER BY died_at, id LIMIT $4
        """;

    private const string FindSql =
        $"""
        SELECT d.id, d.kind, d.name, d.reason, d.died_at, d.replay_asked_at, e.envelope,
            jsonb_build_object('userId', m.user_id, 'channel', m.channel, 'address', m.address, 'values', m.fields)::text
        FROM ({DeadLetterSql.All}) d LEFT JOIN dead_events e ON d.kind = 'event' AND e.id = d.id
            LEFT JOIN messages m ON d.kind = 'message' AND m.id = d.id
        WHERE d.id = $1
        """;

    public async Task<IReadOnlyList<DeadLetterDto>> List(
        DeadLetterKind? kind, DeadLetterPosition? after, int limit, CancellationToken cancellationToken) => await Read(
        ListSql,
        [kind is { } one ? EnumNames<DeadLetterKind>.Of(one) : null, after?.DiedAt, after?.Id ?? Guid.Empty, limit],
        LetterOf,
        cancellationToken);

    public async Task<DeadLetterContentDto?> Find(Guid id, CancellationToken cancellationToken) => (await Read(
        FindSql,
        [id],
        row => row.IsDBNull(6)
            ? new DeadLetterContentDto(LetterOf(row), JsonSerializer.Deserialize<JsonElement>(row.GetString(7)), null)
            : ContentOf(LetterOf(row), row.GetFieldValue<byte[]>(6)),
        cancellationToken)).SingleOrDefault();

    public Task<bool> Replay(Guid id, CancellationToken cancellationToken) => Change(DeadLetterSql.Replay, id, cancellationToken);

    public Task<bool> Drop(Guid id, CancellationToken cancellationToken) => Change(DeadLetterSql.Drop, id, cancellationToken);

    private async Task<bool> Change(string sql, Guid id, CancellationToken cancellationToken) =>
        (await Read(sql, [new[] { id }], row => row.GetGuid(0), cancellationToken)).Count > 0;

    private Task<IReadOnlyList<T>> Read<T>(
        string sql, object?[] values, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken) =>
        db.WhileOpen(() => db.CreateCommand(sql).With(values).ReadAll(read, cancellationToken), cancellationToken);

    private static DeadLetterDto LetterOf(NpgsqlDataReader row) => new(
        row.GetGuid(0),
        EnumNames<DeadLetterKind>.Read(row.GetString(1)),
        row.GetString(2),
        row.GetString(3),
        row.GetFieldValue<DateTimeOffset>(4),
        row.ValueOrNull<DateTimeOffset>(5));

    // What an answer may be nested around the content.
    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 60 };

    /// <summary>An envelope is kept as it came: it may be no JSON, and that may be why it is a dead letter.</summary>
    private static DeadLetterContentDto ContentOf(DeadLetterDto letter, byte[] envelope)
    {
        try
        {
            var content = JsonElement.Parse(envelope, Shallow);
            // Half of a surrogate pair is found only when the text is written.
            JsonSerializer.SerializeToUtf8Bytes(content);
            return new DeadLetterContentDto(letter, content, null);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            return new DeadLetterContentDto(letter, null, Encoding.UTF8.GetString(envelope));
        }
    }
}
