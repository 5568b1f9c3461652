using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Events;

/// <summary>Settings of the outbox and its relay.</summary>
internal sealed class OutboxSettings : ISettings
{
    private static readonly TimeSpan MinRetention = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxRetention = TimeSpan.FromDays(365);
    private static readonly TimeSpan MinPoll = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxPoll = TimeSpan.FromSeconds(10);

    public static string Section => "Outbox";

    /// <summary>The maximum number of events in a batch.</summary>
    public int BatchSize { get; init; } = 1_000;

    /// <summary>The interval of the poll for events whose process died before it published them.</summary>
    /// <remarks>A process publishes its own events immediately.</remarks>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an event is kept, so that a lost stream can be filled again.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);

    public IEnumerable<string> Problems()
    {
        if (BatchSize is < 1 or > 10_000)
            yield return "Outbox:BatchSize must be between 1 and 10000.";
        if (PollInterval < MinPoll || PollInterval > MaxPoll)
            yield return $"Outbox:PollInterval must be between {MinPoll} and {MaxPoll}; it is {PollInterval}.";
        if (Retention < MinRetention || Retention > MaxRetention)
            yield return $"Outbox:Retention must be between {MinRetention} and {MaxRetention}; it is {Retention}.";
    }
}
