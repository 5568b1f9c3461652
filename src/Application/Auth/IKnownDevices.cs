using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Stores the devices and the networks from which users have signed in: the last 20 of each user.</summary>
public interface IKnownDevices
{
    /// <summary>
    /// Whether the device and its network are known, and whether the user is unchanged since it was read; both at the same moment.
    /// </summary>
    Task<(bool IsKnown, bool IsUnchanged)> Recognise(User user, Device device, CancellationToken cancellationToken);

    /// <summary>Stores a device and its network in the open transaction.</summary>
    /// <returns>Whether to notify the user: the device was not known, and it is not the first device of the user.</returns>
    Task<bool> Remember(Guid userId, Device device, CancellationToken cancellationToken);
}
