namespace Portico.Application.Auth;

/// <summary>Remembers from where people have signed in: the last 20 places of each.</summary>
public interface IKnownDevices
{
    Task<bool> Knows(Guid userId, Device device, CancellationToken cancellationToken);

    /// <summary>Remembers a device in the transaction that is open.</summary>
    /// <returns>Whether that is news: it was not known, but another one was. The first device of a person is no news to them.</returns>
    Task<bool> Remember(Guid userId, Device device, CancellationToken cancellationToken);
}
