using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Frees the addresses of people who were deleted longer ago than the retention time.</summary>
public interface IAddressRelease
{
    /// <summary>
    /// Takes the address from such a holder, if it has one, in the transaction that is open; it is to be given to somebody else in the same
    /// one.
    /// </summary>
    Task ReleaseExpired(ContactAddress address, CancellationToken cancellationToken);
}
