using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Events;

/// <summary>Settings of the outbox and its relay.</summary>
internal sealed class OutboxSettings : ISettings
{
    public static string Section => "Outbox";

    /// <summary>The maximum number of events in a batch.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; init; } = 1_000;

    /// <summary>The interval of the poll for events whose process died before it published them.</summary>
    /// <remarks>A process publishes its own events immediately.</remarks>
    [Range(typeof(TimeSpan), "00:00:00.020", "00:00:10")]
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long an event is kept, so that a lost stream can be filled again.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(7);
}
