namespace Portico.Nats;

public delegate ValueTask AsyncEventHandler<in TEventArgs>(object? sender, TEventArgs e);

/// <summary>Something happened to a connection; <see cref="Message"/> says what.</summary>
public class NatsEventArgs(string message) : EventArgs
{
    public string Message { get; } = message;
}

/// <summary>A message was dropped, since its subscription is full.</summary>
public sealed class NatsMessageDroppedEventArgs(string subject, int pending) : NatsEventArgs($"Dropped a message to {subject}: {pending} wait already.")
{
    public string Subject { get; } = subject;
    public int Pending { get; } = pending;
}

/// <summary>A subscription began to drop messages.</summary>
public sealed class NatsSlowConsumerEventArgs(string subject) : NatsEventArgs($"The reader of {subject} is too slow; messages are dropped.")
{
    public string Subject { get; } = subject;
}

/// <summary>The server is about to shut down.</summary>
public sealed class NatsLameDuckModeActivatedEventArgs(string server) : NatsEventArgs($"{server} is about to shut down.");
