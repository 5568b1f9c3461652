namespace Portico.Application.Auth;

/// <summary>Turns passwords into hashes and judges them, a bounded number at a time and off the threads that serve requests.</summary>
/// <remarks>When too many wait already it throws <see cref="Common.DependencyUnavailableException"/>.</remarks>
public interface IPasswordHashing
{
    Task<string> Hash(string password, CancellationToken cancellationToken);

    /// <summary>Whether the password belongs to the hash; without a hash it is false, after the same work.</summary>
    Task<bool> Verify(string? hash, string password, CancellationToken cancellationToken);
}

/// <summary>The password hashes of people, kept by ASP.NET Core Identity under the id of their profile.</summary>
public interface ICredentials
{
    /// <summary>Adds the credentials of a person whose profile is saved in the same transaction; without a hash they can be signed in only once they have set a password.</summary>
    Task Add(Guid userId, string? passwordHash, CancellationToken cancellationToken);

    /// <summary>Replaces the hash of a person who has credentials already, in the transaction that is open.</summary>
    Task SetPasswordHash(Guid userId, string passwordHash, CancellationToken cancellationToken);

    Task<string?> FindPasswordHash(Guid userId, CancellationToken cancellationToken);
}
