using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Events;

/// <summary>Settings of the event stream.</summary>
public sealed class EventSettings : ISettings
{
    private const int MaxPrefix = 60;
    private const long MinBytes = 1024 * 1024;
    private const long MaxBytesLimit = 1L << 44;

    private static readonly TimeSpan MinAge = TimeSpan.FromHours(1);
    private static readonly TimeSpan MaxAgeLimit = TimeSpan.FromDays(365);

    public static string Section => "Events";

    /// <summary>The name of the stream and the prefix of every subject, so that several installations can share a server.</summary>
    public string Prefix { get; init; } = "portico";

    /// <summary>The number of copies of the stream in a cluster of NATS servers.</summary>
    public int Replicas { get; init; } = 1;

    /// <summary>The maximum size in bytes; when it is reached, the stream accepts no events, and they wait in the outbox.</summary>
    public long MaxBytes { get; init; } = 1024 * 1024 * 1024;

    /// <summary>How long the stream keeps an event.</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Whether this process runs event handlers.</summary>
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
