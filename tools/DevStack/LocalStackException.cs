namespace Portico.DevStack;

/// <summary>The local stack could not do what it was asked; the message says why and, where it helps, ends with the server's log.</summary>
public sealed class LocalStackException : Exception
{
    public LocalStackException()
    {
    }

    public LocalStackException(string message)
        : base(message)
    {
    }

    public LocalStackException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
