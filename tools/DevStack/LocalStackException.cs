namespace Portico.DevStack;

/// <summary>The local stack failed. The message gives the reason and, if it helps, the end of the server's log.</summary>
public sealed class LocalStackException(string message, Exception? cause = null) : Exception(message, cause);
