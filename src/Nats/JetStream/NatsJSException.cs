namespace Portico.Nats.JetStream;

/// <summary>JetStream could not do what was asked.</summary>
public class NatsJSException : NatsException
{
    public NatsJSException(string message)
        : base(message)
    {
    }

    public NatsJSException(string message, Exception exception)
        : base(message, exception)
    {
    }
}

/// <summary>JetStream's API refused; the error says why.</summary>
public sealed class NatsJSApiException(ApiError error) : NatsJSException($"JetStream refused: {error.Description} ({error.Code}/{error.ErrCode})")
{
    public ApiError Error { get; } = error;
}

/// <summary>JetStream's API did not answer.</summary>
public sealed class NatsJSApiNoResponseException : NatsJSException
{
    public NatsJSApiNoResponseException(Exception cause)
        : base("JetStream did not answer.", cause)
    {
    }
}

/// <summary>Nobody took a publishing down: there is no stream for the subject, or JetStream is away.</summary>
public sealed class NatsJSPublishNoResponseException() : NatsJSException("No stream takes this subject, or JetStream is away.");

/// <summary>The stream had the message already.</summary>
public sealed class NatsJSDuplicateMessageException(ulong sequence) : NatsJSException($"The stream has the message already, at {sequence}.")
{
    public ulong Sequence { get; } = sequence;
}

/// <summary>A pull ended with a status after which another one will not do better, such as a deleted consumer.</summary>
public sealed class NatsJSProtocolException(int headerCode, string headerMessageText) : NatsJSException($"The pull was refused: {headerCode} {headerMessageText}")
{
    public int HeaderCode { get; } = headerCode;
    public string HeaderMessageText { get; } = headerMessageText;
}
