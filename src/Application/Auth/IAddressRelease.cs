using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Frees the addresses of users who were deleted longer ago than the retention time.</summary>
public interface IAddressRelease
{
    /// <summary>
    /// Removes the address from such a deleted user, if there is one, in the open transaction. The caller gives the address to another
    /// user in the same transaction.
    /// </summary>
    Task ReleaseExpired(ContactAddress address, CancellationToken cancellationToken);
}
