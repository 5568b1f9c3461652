using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Events;

/// <summary>Settings of the event stream.</summary>
public sealed class EventSettings : ISettings
{
    private const int MaxPrefix = 60;

    public static string Section => "Events";

    /// <summary>The name of the stream and the prefix of every subject, so that several installations can share a server.</summary>
    public string Prefix { get; init; } = "portico";

    /// <summary>The number of copies of the stream in a cluster of NATS servers.</summary>
    [Range(1, 5)]
    public int Replicas { get; init; } = 1;

    /// <summary>The maximum size in bytes; when it is reached, the stream accepts no events, and they wait in the outbox.</summary>
    [Range(typeof(long), "1048576", "17592186044416")]
    public long MaxBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>How long the stream keeps an event.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Whether this process runs event handlers.</summary>
    public bool Consume { get; init; } = true;

    public IEnumerable<string> Problems()
    {
        if (Prefix.Length is 0 or > MaxPrefix || !Prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            yield return $"Events:Prefix must have 1 to {MaxPrefix} letters, digits, '-' or '_'.";
    }
}
