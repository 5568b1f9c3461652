using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Events;

/// <summary>The stream that events are kept in for other services.</summary>
public sealed class EventSettings : ISettings
{
    private const int MaxPrefix = 60;
    private const long MinBytes = 1024 * 1024;
    private const long MaxBytesLimit = 1L << 44;

    private static readonly TimeSpan MinAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxAgeLimit = TimeSpan.FromDays(365);

    public static string Section => "Events";

    /// <summary>The name of the stream, and what every subject begins with; so several installations can share a server.</summary>
    public string Prefix { get; init; } = "portico";

    /// <summary>Copies of the stream in a cluster of NATS servers.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>Beyond it the stream refuses events, which then wait in the outbox.</summary>
    public long MaxBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>How long an event can be read.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Whether this process handles events too, or leaves them to others.</summary>
    public bool Consume { get; init; } = true;

    public IEnumerable<string> Problems()
    {
        if (Prefix.Length is 0 or > MaxPrefix || !Prefix.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            yield return $"Events:Prefix must have 1 to {MaxPrefix} letters, digits, '-' or '_'.";
        if (Replicas is < 1 or > 5)
            yield return "Events:Replicas must be between 1 and 5.";
        if (MaxBytes is < MinBytes or > MaxBytesLimit)
            yield return $"Events:MaxBytes must be between {MinBytes} and {MaxBytesLimit}.";
        if (MaxAge < MinAge || MaxAge > MaxAgeLimit)
            yield return $"Events:MaxAge must be between {MinAge} and {MaxAgeLimit}; it is {MaxAge}.";
    }
}
