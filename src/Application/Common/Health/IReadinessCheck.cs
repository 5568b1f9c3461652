namespace Portico.Application.Common.Health;

/// <summary>Asks one dependency whether it can do its part now.</summary>
public interface IReadinessCheck
{
    /// <summary>The name of the dependency in the readiness answer.</summary>
    string Name { get; }

    /// <summary>Ends when the dependency has answered; throws when it can't do its part.</summary>
    Task CheckAsync(CancellationToken cancellationToken);
}
