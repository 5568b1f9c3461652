using Portico.Nats.JetStream;

namespace Portico.Infrastructure.Nats;

/// <summary>The JetStream stream of all events, as it is declared here; the Migrator makes the server's equal to it.</summary>
internal static class EventStream
{
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

    /// <summary>What of the server's stream differs from the declared one, as <c>name: is → shall be</c>.</summary>
    public static IReadOnlyList<string> Differences(StreamConfig actual, StreamConfig wanted)
    {
        var differences = new List<string>();
        Compare("description", actual.Description ?? "", wanted.Description ?? "");
        Compare("subjects", string.Join(',', actual.Subjects), string.Join(',', wanted.Subjects));
        Compare("storage", actual.Storage, wanted.Storage);
        Compare("retention", actual.Retention, wanted.Retention);
        Compare("discard", actual.Discard, wanted.Discard);
        Compare("denyDelete", actual.DenyDelete, wanted.DenyDelete);
        Compare("maxAge", actual.MaxAge, wanted.MaxAge);
        Compare("maxBytes", actual.MaxBytes, wanted.MaxBytes);
        Compare("replicas", actual.NumReplicas, wanted.NumReplicas);
        Compare("duplicateWindow", actual.DuplicateWindow, wanted.DuplicateWindow);
        return differences;

        void Compare<T>(string name, T @is, T shallBe)
        {
            if (!EqualityComparer<T>.Default.Equals(@is, shallBe))
                differences.Add($"{name}: {@is} → {shallBe}");
        }
    }
}
