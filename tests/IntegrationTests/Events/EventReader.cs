using System.Text.Json;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using Portico.Infrastructure.Events;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

/// <summary>An event as it stands in the stream.</summary>
internal sealed record StreamEvent(ulong Sequence, string Subject, string MessageId, JsonElement Envelope)
{
    public Guid Aggregate => Envelope.GetProperty("subject").GetGuid();
    public long Version => long.Parse(Envelope.GetProperty("aggregateversion").GetString()!);
    public string Type => Envelope.Text("type");
    public JsonElement Data => Envelope.GetProperty("data");
}

/// <summary>Reads the stream of an application as another service would.</summary>
internal static class EventReader
{
    /// <summary>All that is in the stream now.</summary>
    public static async Task<IReadOnlyList<StreamEvent>> AllAsync(INatsJSContext jetStream, string stream)
    {
        // Without acknowledgements, or whatever is not read within 30 s would come twice.
        var consumer = await jetStream.CreateOrUpdateConsumerAsync(
            stream, new ConsumerConfig($"reader-{Guid.NewGuid():N}") { AckPolicy = ConsumerConfigAckPolicy.None });
        var events = new List<StreamEvent>();
        while (events.Count < (int)consumer.Info.NumPending)
        {
            var before = events.Count;
            await foreach (var message in consumer.FetchNoWaitAsync<ReadOnlyMemory<byte>>(new NatsJSFetchOpts { MaxMsgs = 1_000 }))
                events.Add(Read(message));
            Assert.True(events.Count > before, "The stream ends before it should.");
        }

        return events;
    }

    /// <summary>The events of one aggregate, once there are so many.</summary>
    public static Task<IReadOnlyList<StreamEvent>> OfAsync(PorticoApp app, Guid aggregate, int count) =>
        Eventually.Get<IReadOnlyList<StreamEvent>>(
            async () =>
            {
                var events = (await AllAsync(app)).Where(found => found.Aggregate == aggregate).ToArray();
                return events.Length >= count ? events : null;
            },
            $"{count} events of {aggregate}");

    public static Task<IReadOnlyList<StreamEvent>> AllAsync(PorticoApp app) =>
        AllAsync(app.JetStream, StreamDefinition.Name(app.Events));

    private static StreamEvent Read(INatsJSMsg<ReadOnlyMemory<byte>> message)
    {
        message.Headers!.TryGetLastValue("Nats-Msg-Id", out var id);
        using var envelope = JsonDocument.Parse(message.Data);
        return new StreamEvent(message.Metadata!.Value.Sequence.Stream, message.Subject, id!, envelope.RootElement.Clone());
    }
}
