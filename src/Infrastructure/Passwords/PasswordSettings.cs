using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Passwords;

/// <summary>The algorithm of new password hashes.</summary>
public enum PasswordAlgorithm
{
    Argon2id = 1,
    Pbkdf2 = 2,
    Bcrypt = 3,
}

/// <summary>Settings of password hashing.</summary>
/// <remarks>The defaults are the minimum that the OWASP Password Storage Cheat Sheet recommends for each algorithm.</remarks>
public sealed class PasswordSettings : ISettings
{
    public static string Section => "Passwords";

    /// <summary>The algorithm of new hashes; hashes of the other algorithms are still verified.</summary>
    public PasswordAlgorithm Algorithm { get; init; } = PasswordAlgorithm.Argon2id;

    /// <summary>Memory of an Argon2id hash.</summary>
    public int Argon2MemoryKiB { get; init; } = 19_456;

    /// <summary>Passes of Argon2id over its memory.</summary>
    public int Argon2Iterations { get; init; } = 2;

    /// <summary>Lanes of Argon2id.</summary>
    [Range(1, Argon2idAlgorithm.MaxParallelism)]
    public int Argon2Parallelism { get; init; } = 1;

    /// <summary>Iterations of PBKDF2-HMAC-SHA512.</summary>
    [Range(Pbkdf2Algorithm.MinIterations, Pbkdf2Algorithm.MaxIterations)]
    public int Pbkdf2Iterations { get; init; } = 210_000;

    /// <summary>The cost of bcrypt, as a power of two.</summary>
    [Range(BcryptAlgorithm.MinCost, BcryptAlgorithm.MaxCost)]
    public int BcryptCost { get; init; } = 12;

    /// <summary>The memory limit of all concurrent hashes; a stored hash that needs more than this is never verified.</summary>
    [Range(1, 16_384)]
    public int MaxMemoryMiB { get; init; } = 256;

    /// <summary>The maximum number of requests that wait for a processor or memory; one more gets 503.</summary>
    [Range(1, 10_000)]
    public int MaxWaiting { get; init; } = 200;

    public IEnumerable<string> Problems()
    {
        if (Argon2MemoryKiB < Argon2idAlgorithm.MinMemoryPerLaneKiB * Argon2Parallelism || Argon2MemoryKiB / 1024 > MaxMemoryMiB)
        {
            yield return $"Passwords:Argon2MemoryKiB must be at least 8 for each lane and at most Passwords:MaxMemoryMiB; "
                + $"it is {Argon2MemoryKiB}.";
        }

        if (Argon2Iterations < 1 || (long)Argon2Iterations * Argon2MemoryKiB > Argon2idAlgorithm.MaxWorkKiB)
        {
            yield return $"Passwords:Argon2Iterations must be at least 1, and times Passwords:Argon2MemoryKiB "
                + $"at most {Argon2idAlgorithm.MaxWorkKiB}; it is {Argon2Iterations}.";
        }
    }
}
