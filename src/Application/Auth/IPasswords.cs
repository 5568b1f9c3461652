using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>How a password and a hash belong together.</summary>
public enum PasswordMatch
{
    None = 0,
    Exact = 1,

    /// <summary>They belong together, and the hash costs less than is set today: it is to be made anew.</summary>
    Outdated = 2,
}

/// <summary>Turns passwords into hashes and judges them, a bounded number at a time and off the threads that serve requests.</summary>
/// <remarks>When too many wait already it throws <see cref="Common.DependencyUnavailableException"/>.</remarks>
public interface IPasswordHashing
{
    Task<string> Hash(string password, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the password belongs to the hash, which names its own algorithm and cost; without a hash it does not, after the same work.
    /// </summary>
    Task<PasswordMatch> Verify(string? hash, string password, CancellationToken cancellationToken);
}

/// <summary>The password hashes of people, kept by ASP.NET Core Identity under the id of their profile.</summary>
public interface ICredentials
{
    /// <summary>
    /// Adds the credentials of a person whose profile is saved in the same transaction; without a hash they can be signed in only once they
    /// have set a password.
    /// </summary>
    Task Add(Guid userId, string? passwordHash, CancellationToken cancellationToken);

    /// <summary>Replaces the hash of a person who has credentials already, in the transaction that is open.</summary>
    Task SetPasswordHash(Guid userId, string passwordHash, CancellationToken cancellationToken);

    /// <summary>Puts another hash of the same password in the place of one, unless that has been replaced meanwhile.</summary>
    Task Rehash(Guid userId, string passwordHash, string newPasswordHash, CancellationToken cancellationToken);

    /// <summary>
    /// Whom an address belongs to, to be read only, and the hash of their password, as of one moment and by one statement whoever it is.
    /// </summary>
    Task<(User? User, string? PasswordHash)> Find(ContactAddress address, CancellationToken cancellationToken);

    Task<string?> FindPasswordHash(Guid userId, CancellationToken cancellationToken);
}
