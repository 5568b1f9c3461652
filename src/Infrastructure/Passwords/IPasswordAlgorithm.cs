namespace Portico.Infrastructure.Passwords;

/// <summary>An algorithm and its parameters: hashes of one kind cost the same work.</summary>
/// <param name="Algorithm">Verifies hashes of this kind.</param>
/// <param name="StandIn">A hash with these parameters that no password matches.</param>
/// <param name="MemoryKiB">The memory that a verification needs.</param>
internal sealed record HashKind(IPasswordAlgorithm Algorithm, string StandIn, int MemoryKiB);

/// <summary>Makes and verifies password hashes of one algorithm.</summary>
/// <remarks>Safe for many threads.</remarks>
internal interface IPasswordAlgorithm
{
    /// <summary>The name in metrics.</summary>
    string Name { get; }

    /// <summary>The kind of the hashes that this makes.</summary>
    HashKind Kind { get; }

    /// <summary>
    /// The kind of a stored hash; <c>null</c> if it is not of this algorithm, is malformed, or costs more than is allowed.
    /// </summary>
    HashKind? KindOf(string hash);

    string Hash(string password);

    /// <param name="hash">One that <see cref="KindOf"/> recognises.</param>
    /// <param name="password">The password to compare with it.</param>
    bool Verify(string hash, string password);

    /// <summary>Whether a hash that <see cref="KindOf"/> recognises is weaker than those that this makes.</summary>
    bool IsWeaker(string hash);
}
