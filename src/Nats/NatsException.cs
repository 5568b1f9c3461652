namespace Portico.Nats;

/// <summary>Something went wrong between us and NATS.</summary>
public class NatsException : Exception
{
    public NatsException(string message)
        : base(message)
    {
    }

    public NatsException(string message, Exception? exception)
        : base(message, exception)
    {
    }
}

/// <summary>There was no connection in time, or it broke before the answer: whether the server acted is unknown.</summary>
public sealed class NatsConnectionFailedException : NatsException
{
    public NatsConnectionFailedException(string message)
        : base(message)
    {
    }

    public NatsConnectionFailedException(string message, Exception? exception)
        : base(message, exception)
    {
    }
}

/// <summary>Nobody answered in time.</summary>
public sealed class NatsNoReplyException() : NatsException("Nobody answered in time.");

/// <summary>Nobody listens to the subject of a request.</summary>
public sealed class NatsNoRespondersException() : NatsException("Nobody listens to the subject.");

/// <summary>The server refused something; it says why.</summary>
public sealed class NatsServerException(string error) : NatsException($"NATS refused: {error}")
{
    public string Error { get; } = error;

    public bool IsAuthError => Error.Contains("Authorization", StringComparison.OrdinalIgnoreCase)
        || Error.Contains("authentication", StringComparison.OrdinalIgnoreCase);
}

/// <summary>What the server sent is not the protocol; the connection ends.</summary>
public sealed class NatsProtocolViolationException(string message) : NatsException(message);

/// <summary>A message is larger than the server takes.</summary>
public sealed class NatsPayloadTooLargeException(string message) : NatsException(message);
