using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace Portico.Infrastructure.Events;

/// <summary>The JetStream stream of all events, as it is declared here; the Migrator makes the server's equal to it.</summary>
public static class StreamDefinition
{
    private const int NotFound = 404;

    /// <summary>For so long the stream knows an event that is published once more.</summary>
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
        // A refusal is loud and the event waits in the outbox; the oldest would go in silence.
        Discard = StreamConfigDiscard.New,
        DenyDelete = true,
        MaxAge = settings.MaxAge,
        MaxBytes = settings.MaxBytes,
        NumReplicas = settings.Replicas,
        DuplicateWindow = DuplicateWindow,
    };

    /// <summary>The durable consumers of Portico's own; other services declare theirs.</summary>
    public static IReadOnlyList<ConsumerConfig> Consumers(EventSettings settings) =>
        [.. EventSubscription.All.Select(subscription => subscription.Consumer(settings))];

    /// <summary>Looks at the server, and changes what differs unless it is only to be told.</summary>
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

    private static async Task<T?> NullWhenMissing<T>(Func<Task<T>> ask)
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

/// <summary>The stream or a consumer of it, against what is declared.</summary>
/// <param name="Name">Which it is, such as <c>stream portico</c>.</param>
/// <param name="Differences">What differs, as <c>name: is → shall be</c>; null when the server has nothing of that name.</param>
public sealed record StreamPart(string Name, IReadOnlyList<string>? Differences);
