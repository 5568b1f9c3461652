using System.Text.Json;

namespace Portico.Application.DeadLetters;

/// <summary>What a dead letter was.</summary>
public enum DeadLetterKind
{
    Event = 1,
    Message = 2,
}

/// <summary>An event that a handler could not handle, or a message that was rejected or given up.</summary>
/// <param name="Id">The id of the dead letter.</param>
/// <param name="Kind">What it was.</param>
/// <param name="Name">The handler of the event, or the template of the message.</param>
/// <param name="Reason">Why it could not be handled or sent.</param>
/// <param name="DiedAt">When it was given up.</param>
/// <param name="ReplayRequestedAt">When somebody asked for a replay that is still to come.</param>
/// <example>
/// {"id":"01a1fc7e-dead-7915-aa3f-8ae82c4c4ddd","kind":"event","name":"NotifyOfTransfer","reason":"The event can't be read.",
/// "diedAt":"2026-11-21T10:00:00.123Z","replayRequestedAt":null}
/// </example>
public sealed record DeadLetterDto(
    Guid Id, DeadLetterKind Kind, string Name, string Reason, DateTimeOffset DiedAt, DateTimeOffset? ReplayRequestedAt);

/// <summary>A dead letter with its content.</summary>
/// <param name="Letter">The dead letter.</param>
/// <param name="Content">The envelope of the event, or user, channel, address and values of the message; null when it is no JSON.</param>
/// <param name="Text">The text of an event that is no JSON.</param>
/// <example>
/// {"letter":{"id":"01a1fc7e-dead-7915-aa3f-8ae82c4c4ddd","kind":"message","name":"welcome","reason":"550 No such mailbox",
/// "diedAt":"2026-11-21T10:00:00.123Z","replayRequestedAt":null},"content":{"userId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1",
/// "channel":"email","address":"ada@example.org","values":{"name":"Ada Lovelace"}},"text":null}
/// </example>
public sealed record DeadLetterContentDto(DeadLetterDto Letter, JsonElement? Content, string? Text);
