using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>The result of a comparison of a password with a hash.</summary>
public enum PasswordMatch
{
    None = 0,
    Exact = 1,

    /// <summary>The password matches, but the hash has a lower cost than the configured one: hash the password again.</summary>
    Outdated = 2,
}

/// <summary>Hashes and verifies passwords: a bounded number at a time, and not on the threads that serve requests.</summary>
/// <remarks>When too many callers wait it throws <see cref="Common.DependencyUnavailableException"/>.</remarks>
public interface IPasswordHashing
{
    Task<string> Hash(string password, CancellationToken cancellationToken);

    /// <summary>Takes a place in the queue before something that can't be undone, so that the hash after it is not refused.</summary>
    IPasswordPlace Reserve();

    /// <summary>
    /// Whether the password matches the hash, which names its own algorithm and cost. Without a hash the answer is no, after the same work.
    /// </summary>
    Task<PasswordMatch> Verify(string? hash, string password, CancellationToken cancellationToken);
}

/// <summary>A place in the queue of <see cref="IPasswordHashing"/>. It is free again after its hash, or when it is disposed.</summary>
public interface IPasswordPlace : IDisposable
{
    /// <summary>Hashes one password.</summary>
    Task<string> Hash(string password, CancellationToken cancellationToken);
}

/// <summary>The password hashes of users, stored by ASP.NET Core Identity under the id of the user.</summary>
public interface ICredentials
{
    /// <summary>
    /// Adds the credential of a user who is saved in the same transaction. Without a hash the user can sign in only after setting a
    /// password.
    /// </summary>
    Task Add(Guid userId, string? passwordHash, CancellationToken cancellationToken);

    /// <summary>Replaces the hash of a user who already has a credential, in the open transaction.</summary>
    Task SetPasswordHash(Guid userId, string passwordHash, CancellationToken cancellationToken);

    /// <summary>Replaces a hash by a new hash of the same password, unless the stored hash has changed meanwhile.</summary>
    Task Rehash(Guid userId, string passwordHash, string newPasswordHash, CancellationToken cancellationToken);

    /// <summary>
    /// The user of an address, untracked, and the password hash, both read by one statement. The statement is the same for every address.
    /// </summary>
    Task<(User? User, string? PasswordHash)> Find(ContactAddress address, CancellationToken cancellationToken);

    Task<string?> FindPasswordHash(Guid userId, CancellationToken cancellationToken);
}
