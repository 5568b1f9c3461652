using System.Diagnostics.Metrics;
using System.Text.Json;

namespace Portico.Infrastructure.Notifications;

/// <summary>The outcome of a try to send a message.</summary>
internal enum MessageOutcome
{
    Sent = 1,
    Retried = 2,
    Refused = 3,
    GivenUp = 4,
    Postponed = 5,
}

/// <summary>Metrics of messages: tries by outcome, and the state of the queue.</summary>
internal sealed class MessageMetrics
{
    private readonly Counter<long> _messages;
    private QueueState _state = new(0, TimeSpan.Zero, null, 0);

    public MessageMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Portico.Messages");
        _messages = meter.CreateCounter<long>("portico.messages", description: "Tries to send a message, by outcome.");
        meter.CreateObservableGauge(
            "portico.messages.queued", () => _state.Queued, description: "Messages that wait to be sent, without codes.");
        meter.CreateObservableGauge(
            "portico.messages.oldest", () => _state.Oldest.TotalSeconds, "s", "Age of the oldest message that waits.");
        meter.CreateObservableGauge("portico.messages.dead", () => _state.Dead, description: "Messages that were rejected or given up.");
    }

    public void Count(MessageOutcome outcome, string template, long many = 1) => _messages.Add(
        many,
        new KeyValuePair<string, object?>("outcome", JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString())),
        new KeyValuePair<string, object?>("template", template));

    public void Measured(QueueState state) => Volatile.Write(ref _state, state);
}
