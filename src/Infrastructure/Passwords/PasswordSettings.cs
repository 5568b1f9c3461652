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
    public int Argon2Parallelism { get; init; } = 1;

    /// <summary>Iterations of PBKDF2-HMAC-SHA512.</summary>
    public int Pbkdf2Iterations { get; init; } = 210_000;

    /// <summary>The cost of bcrypt, as a power of two.</summary>
    public int BcryptCost { get; init; } = 12;

    /// <summary>The memory limit of all concurrent hashes; a stored hash that needs more than this is never verified.</summary>
    public int MaxMemoryMiB { get; init; } = 256;

    /// <summary>The maximum number of requests that wait for a processor or memory; one more gets 503.</summary>
    public int MaxWaiting { get; init; } = 200;

    public IEnumerable<string> Problems()
    {
        if (!Enum.IsDefined(Algorithm))
            yield return $"Passwords:Algorithm must be Argon2id, Pbkdf2 or Bcrypt; it is {Algorithm}.";
        if (MaxMemoryMiB is < 1 or > 16_384)
            yield return $"Passwords:MaxMemoryMiB must be between 1 and 16384; it is {MaxMemoryMiB}.";
        if (Argon2Parallelism is < 1 or > Argon2idAlgorithm.MaxParallelism)
        {
            yield return $"Passwords:Argon2Parallelism must be between 1 and {Argon2idAlgorithm.MaxParallelism}; "
                + $"it is {Argon2Parallelism}.";
        }

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

        if (Pbkdf2Iterations is < Pbkdf2Algorithm.MinIterations or > Pbkdf2Algorithm.MaxIterations)
        {
            yield return $"Passwords:Pbkdf2Iterations must be between {Pbkdf2Algorithm.MinIterations} "
                + $"and {Pbkdf2Algorithm.MaxIterations}; it is {Pbkdf2Iterations}.";
        }

        if (BcryptCost is < BcryptAlgorithm.MinCost or > BcryptAlgorithm.MaxCost)
        {
            yield return $"Passwords:BcryptCost must be between {BcryptAlgorithm.MinCost} and {BcryptAlgorithm.MaxCost}; "
                + $"it is {BcryptCost}.";
        }

        if (MaxWaiting is < 1 or > 10_000)
            yield return $"Passwords:MaxWaiting must be between 1 and 10000; it is {MaxWaiting}.";
    }
}
