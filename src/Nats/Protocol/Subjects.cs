namespace Portico.Nats.Protocol;

/// <summary>Refuses subjects and names that would break the line they stand in.</summary>
internal static class Subjects
{
    private const int MaxLength = 4096 - 512;

    /// <exception cref="ArgumentException">It is empty, too long, or has a blank or a control character.</exception>
    public static string Check(string subject, string parameter)
    {
        ArgumentException.ThrowIfNullOrEmpty(subject, parameter);
        if (subject.Length > MaxLength || subject.AsSpan().ContainsAnyInRange('\0', ' ') || subject.Contains('\u007f', StringComparison.Ordinal))
            throw new ArgumentException("A subject has no blanks or control characters, and not thousands of letters.", parameter);
        return subject;
    }

    /// <summary>A name of a stream or consumer, which is one token of a subject.</summary>
    public static string CheckName(string name, string parameter)
    {
        Check(name, parameter);
        return name.AsSpan().ContainsAny(".*>/\\") ? throw new ArgumentException("A name has no '.', '*', '>', '/' or '\\'.", parameter) : name;
    }
}
