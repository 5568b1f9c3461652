namespace Portico.DevStack;

/// <summary>The local stack failed. The message gives the reason and, if it helps, the end of the server's log.</summary>
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
