namespace Portico.Infrastructure.Passwords;

/// <summary>An algorithm with its parameters; all hashes of one kind need the same work.</summary>
/// <param name="Algorithm">The algorithm that verifies hashes of this kind.</param>
/// <param name="StandIn">A dummy hash with these parameters that no password matches.</param>
/// <param name="MemoryKiB">The memory that a verification needs.</param>
internal sealed record HashKind(IPasswordAlgorithm Algorithm, string StandIn, int MemoryKiB);

/// <summary>Creates and verifies password hashes of one algorithm.</summary>
/// <remarks>Thread-safe.</remarks>
internal interface IPasswordAlgorithm
{
    /// <summary>The name in metrics.</summary>
    string Name { get; }

    /// <summary>The kind of new hashes.</summary>
    HashKind Kind { get; }

    /// <summary>The kind of a stored hash; <c>null</c> if it is of another algorithm, is malformed, or costs more than allowed.</summary>
    HashKind? KindOf(string hash);

    string Hash(string password);

    /// <summary>Whether a password matches a hash.</summary>
    /// <param name="hash">A hash that <see cref="KindOf"/> recognises.</param>
    /// <param name="password">The password to compare with it.</param>
    bool Verify(string hash, string password);

    /// <summary>Whether a hash that <see cref="KindOf"/> recognises is weaker than new hashes.</summary>
    bool IsWeaker(string hash);
}
