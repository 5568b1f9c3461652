namespace Portico.Infrastructure.Aggregation;

/// <summary>Runs work for the current caller that may outlive the request, such as a read that several requests share.</summary>
public interface ICallerWork
{
    /// <summary>Takes the identity of the current caller.</summary>
    /// <exception cref="InvalidOperationException">There is no request, or nobody is signed in.</exception>
    ICallerSnapshot Capture();
}

/// <summary>The identity of a caller at one time. Thread-safe.</summary>
public interface ICallerSnapshot
{
    /// <summary>What two callers must have in common to see the same data.</summary>
    CallerKey Key { get; }

    /// <summary>Runs work as this caller in a DI scope of its own, away from the request: its end does not end the work.</summary>
    Task<T> Run<T>(Func<IServiceProvider, CancellationToken, Task<T>> work, CancellationToken cancellationToken);
}

/// <summary>A user with their token version and language. A new role or password gives another key.</summary>
public readonly record struct CallerKey(Guid UserId, int Epoch, string Locale);

/// <summary>The access token of the current caller, for services that verify it themselves.</summary>
public interface ICallerToken
{
    /// <summary>The value of the <c>Authorization</c> header; <c>null</c> when nobody is signed in.</summary>
    string? Authorization { get; }
}
