using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Remembers from where people have signed in: the last 20 places of each.</summary>
public interface IKnownDevices
{
    /// <summary>Whether the device is known, and whether the person is still as they were read, as of one moment.</summary>
    Task<(bool IsKnown, bool IsUnchanged)> Recognise(User user, Device device, CancellationToken cancellationToken);

    /// <summary>Remembers a device in the transaction that is open.</summary>
    /// <returns>Whether that is news: it was not known, but another one was. The first device of a person is no news to them.</returns>
    Task<bool> Remember(Guid userId, Device device, CancellationToken cancellationToken);
}
