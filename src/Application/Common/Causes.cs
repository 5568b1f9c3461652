namespace Portico.Application.Common;

/// <summary>Reads the causes of a failure.</summary>
/// <remarks>EF Core wraps an error of PostgreSQL once, and a temporary one, such as a deadlock or a lost connection, twice.</remarks>
public static class Causes
{
    private const int MaxDepth = 8;

    /// <summary>The failure and its inner exceptions, at most 8 in all.</summary>
    public static IEnumerable<Exception> Of(Exception failure)
    {
        Exception? cause = failure;
        for (var depth = 0; cause is not null && depth < MaxDepth; depth++, cause = cause.InnerException)
            yield return cause;
    }
}
