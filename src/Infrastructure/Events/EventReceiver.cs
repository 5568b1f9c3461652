using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;

namespace Portico.Infrastructure.Events;

/// <summary>Parses an event envelope and runs its handler once.</summary>
internal sealed class EventReceiver(IServiceScopeFactory scopes, TimeProvider clock)
{
    public const string ActivitySourceName = "Portico.Events";

    private static readonly ActivitySource Activities = new(ActivitySourceName);

    /// <summary>Handles an event.</summary>
    /// <returns>True when the handler ran now; false when it had already handled the event.</returns>
    /// <exception cref="InvalidDataException">
    /// The text is not an event, or not the event of the handler: another try can't succeed.
    /// </exception>
    /// <exception cref="TimeoutException">The handler took longer than <see cref="EventSubscription.HandlerDeadline"/>.</exception>
    public async Task<bool> Receive(EventSubscription subscription, ReadOnlyMemory<byte> envelope, CancellationToken cancellationToken)
    {
        var received = Read(envelope);
        if (received.Type != subscription.EventName)
            throw new InvalidDataException($"The event is {received.Type} instead of {subscription.EventName}.");

        using var activity = Activities.StartActivity(subscription.Name, ActivityKind.Consumer, received.TraceParent);
        activity?.SetTag("messaging.message.id", received.Id);
        await using var scope = scopes.CreateAsyncScope();
        using var deadline = new CancellationTokenSource(EventSubscription.HandlerDeadline, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await scope.ServiceProvider.GetRequiredService<EventInbox>().Once(
                received.Id, subscription.Name, token => subscription.Handle(scope.ServiceProvider, received, token), either.Token);
        }
        catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // Not a cause of the following: that PostgreSQL cancelled a statement would look like an outage.
        }

        throw new TimeoutException($"The handler took longer than {(int)EventSubscription.HandlerDeadline.TotalSeconds} s.");
    }

    private static ReceivedEvent Read(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            return Read(JsonElement.Parse(envelope.Span));
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException("The event is not valid JSON.", wrong);
        }
        catch (InvalidOperationException wrong)
        {
            // The parser finds half of a surrogate pair only when the text is read.
            throw new InvalidDataException("The event contains text that is not valid Unicode.", wrong);
        }
    }

    private static ReceivedEvent Read(JsonElement envelope)
    {
        if (envelope.ValueKind != JsonValueKind.Object
            || Text(envelope, "specversion") != "1.0"
            || !Guid.TryParse(Text(envelope, "id"), out var id)
            || Text(envelope, "type") is not { Length: > 0 } type
            || !envelope.TryGetProperty("time", out var time)
            || time.ValueKind != JsonValueKind.String
            || !time.TryGetDateTimeOffset(out var at)
            || !envelope.TryGetProperty("data", out var data))
        {
            throw new InvalidDataException("This is not a CloudEvents 1.0 envelope with specversion, id, type, time and data.");
        }
        return new ReceivedEvent(id, type, at, Text(envelope, "traceparent"), data);
    }

    private static string? Text(JsonElement envelope, string name) =>
        envelope.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
