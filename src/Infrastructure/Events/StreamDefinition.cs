using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Portico.Infrastructure.Events;

/// <summary>The declaration of the JetStream stream and its consumers; the Migrator applies it to the server.</summary>
public static class StreamDefinition
{
    private const int NotFound = 404;

    /// <summary>How long the stream recognises an event that is published again.</summary>
    public static readonly TimeSpan DuplicateWindow = TimeSpan.FromMinutes(10);

    /// <summary>The name of the stream.</summary>
    public static string Name(EventSettings settings) => settings.Prefix;

    /// <summary>The subject of an event such as <c>users.registered.v1</c>.</summary>
    public static string Subject(EventSettings settings, string type) => $"{settings.Prefix}.{type}";

    public static StreamConfig Config(EventSettings settings) => new()
    {
        Name = Name(settings),
        Description = "Events of Portico: CloudEvents 1.0 in JSON, one of each id.",
        Subjects = [$"{settings.Prefix}.>"],
        Storage = StreamConfigStorage.File,
        Retention = StreamConfigRetention.Limits,
        // When the stream is full, a new event fails visibly and waits in the outbox; otherwise the oldest would be lost silently.
        Discard = StreamConfigDiscard.New,
        DenyDelete = true,
        MaxAge = settings.MaxAge,
        MaxBytes = settings.MaxBytes,
        NumReplicas = settings.Replicas,
        DuplicateWindow = DuplicateWindow,
    };

    /// <summary>The durable consumers of Portico; other services declare their own.</summary>
    public static IReadOnlyList<ConsumerConfig> Consumers(EventSettings settings) =>
        [.. EventSubscription.All.Select(subscription => subscription.Consumer(settings))];

    /// <summary>Compares the server with the declaration and, with <paramref name="apply"/>, changes the differences.</summary>
    public static async Task<IReadOnlyList<StreamPart>> CompareAsync(
        INatsJSContext jetStream, EventSettings settings, bool apply, CancellationToken cancellationToken)
    {
        var parts = new List<StreamPart> { await StreamAsync(jetStream, Config(settings), apply, cancellationToken) };
        foreach (var consumer in Consumers(settings))
            parts.Add(await ConsumerAsync(jetStream, Name(settings), consumer, apply, cancellationToken));
        return parts;
    }

    private static async Task<StreamPart> StreamAsync(
        INatsJSContext jetStream, StreamConfig wanted, bool apply, CancellationToken cancellationToken)
    {
        var stream = await NullWhenMissing(async () => await jetStream.GetStreamAsync(wanted.Name!, cancellationToken: cancellationToken));
        var part = new StreamPart($"stream {wanted.Name}", stream is null ? null : Differences(stream.Info.Config, wanted));
        if (apply && part.Differences is not [])
            await jetStream.CreateOrUpdateStreamAsync(wanted, cancellationToken);
        return part;
    }

    private static async Task<StreamPart> ConsumerAsync(
        INatsJSContext jetStream, string stream, ConsumerConfig wanted, bool apply, CancellationToken cancellationToken)
    {
        var consumer = await NullWhenMissing(async () => await jetStream.GetConsumerAsync(stream, wanted.Name!, cancellationToken));
        var part = new StreamPart($"consumer {wanted.Name}", consumer is null ? null : Differences(consumer.Info.Config, wanted));
        if (apply && part.Differences is not [])
            await jetStream.CreateOrUpdateConsumerAsync(stream, wanted, cancellationToken);
        return part;
    }

    /// <summary>What the server has of that name, or <c>null</c>.</summary>
    internal static async Task<T?> NullWhenMissing<T>(Func<Task<T>> ask)
        where T : class
    {
        try
        {
            return await ask();
        }
        catch (NatsJSApiException missing) when (missing.Error.Code == NotFound)
        {
            return null;
        }
    }

    private static List<string> Differences(StreamConfig actual, StreamConfig wanted) => Differences(
        ("description", actual.Description ?? "", wanted.Description ?? ""),
        ("subjects", string.Join(',', actual.Subjects ?? []), string.Join(',', wanted.Subjects ?? [])),
        ("storage", actual.Storage, wanted.Storage),
        ("retention", actual.Retention, wanted.Retention),
        ("discard", actual.Discard, wanted.Discard),
        ("denyDelete", actual.DenyDelete, wanted.DenyDelete),
        ("maxAge", actual.MaxAge, wanted.MaxAge),
        ("maxBytes", actual.MaxBytes, wanted.MaxBytes),
        ("replicas", actual.NumReplicas, wanted.NumReplicas),
        ("duplicateWindow", actual.DuplicateWindow, wanted.DuplicateWindow));

    private static List<string> Differences(ConsumerConfig actual, ConsumerConfig wanted) => Differences(
        ("description", actual.Description ?? "", wanted.Description ?? ""),
        ("filterSubject", actual.FilterSubject ?? "", wanted.FilterSubject ?? ""),
        ("ackPolicy", actual.AckPolicy, wanted.AckPolicy),
        ("ackWait", actual.AckWait, wanted.AckWait),
        ("backoff", string.Join(',', actual.Backoff ?? []), string.Join(',', wanted.Backoff ?? [])),
        ("maxDeliver", actual.MaxDeliver, wanted.MaxDeliver),
        ("maxAckPending", actual.MaxAckPending, wanted.MaxAckPending),
        ("maxWaiting", actual.MaxWaiting, wanted.MaxWaiting));

    private static List<string> Differences(params (string Name, object Is, object ShallBe)[] values) =>
        [.. values.Where(value => !value.Is.Equals(value.ShallBe)).Select(value => $"{value.Name}: {value.Is} → {value.ShallBe}")];
}

/// <summary>The differences between the declaration and the server, for the stream or a consumer.</summary>
/// <param name="Name">The name, such as <c>stream portico</c>.</param>
/// <param name="Differences">The differences as <c>name: actual → declared</c>; null when it does not exist on the server.</param>
public sealed record StreamPart(string Name, IReadOnlyList<string>? Differences);
