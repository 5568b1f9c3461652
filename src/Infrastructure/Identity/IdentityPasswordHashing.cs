using System.Buffers.Binary;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Cryptography.KeyDerivation;
using Microsoft.AspNetCore.Identity;
using Portico.Application.Auth;
using Portico.Application.Common;

namespace Portico.Infrastructure.Identity;

/// <summary>Hashes with Identity's hasher (PBKDF2-HMAC-SHA512), as many at a time as there are processors.</summary>
/// <remarks>On threads of their own: on those of the pool, a few sign-ins would hold up every other request.</remarks>
internal sealed class IdentityPasswordHashing : IPasswordHashing, IDisposable
{
    private const int ThirdFormat = 1;
    private const int HeaderLength = 13;
    private const int MaxHashLength = 512;
    private const int OutputLength = 32;

    private static readonly Credential Nobody = new();
    private static readonly byte[] Salt = new byte[16];
    private readonly IPasswordHasher<Credential> _hasher;
    private readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);
    private readonly Lazy<string> _hashOfNothing;
    private readonly Counter<long> _rounds;
    private readonly int _maxWaiting;
    private readonly int _iterations;
    private int _waiting;

    public IdentityPasswordHashing(IPasswordHasher<Credential> hasher, PasswordSettings settings, IMeterFactory meters)
    {
        _hasher = hasher;
        (_maxWaiting, _iterations) = (settings.MaxWaiting, settings.Iterations);
        _rounds = meters.Create("Portico.Passwords").CreateCounter<long>("portico.password.rounds", description: "Rounds of PBKDF2 spent on passwords.");
        _hashOfNothing = new Lazy<string>(() => hasher.HashPassword(Nobody, Guid.NewGuid().ToString()));
    }

    public Task<string> Hash(string password, CancellationToken cancellationToken) =>
        OnOwnThread(
            () =>
            {
                _rounds.Add(_iterations);
                return _hasher.HashPassword(Nobody, password);
            },
            cancellationToken);

    public Task<PasswordMatch> Verify(string? hash, string password, CancellationToken cancellationToken) => OnOwnThread(
        () =>
        {
            // Made for whoever comes first, with an account or without: only for the latter, it would tell them apart.
            var standIn = _hashOfNothing.Value;
            var spent = RoundsOf(hash ?? standIn);
            var verdict = _hasher.VerifyHashedPassword(Nobody, hash ?? standIn, password);
            _rounds.Add(spent);
            // A hash from when less was set is judged sooner than the one of nobody: it would tell who has an account.
            Spend(password, _iterations - spent);
            return verdict switch
            {
                _ when hash is null => PasswordMatch.None,
                PasswordVerificationResult.Success => PasswordMatch.Exact,
                PasswordVerificationResult.SuccessRehashNeeded => PasswordMatch.Outdated,
                _ => PasswordMatch.None,
            };
        },
        cancellationToken);

    public void Dispose() => _processors.Dispose();

    private void Spend(string password, int rounds)
    {
        if (rounds <= 0)
            return;
        _rounds.Add(rounds);
        Rfc2898DeriveBytes.Pbkdf2(password, Salt, rounds, HashAlgorithmName.SHA512, OutputLength);
    }

    /// <summary>The rounds of today's algorithm that judging a hash takes: in Identity's third format, the second number after the format byte.</summary>
    private static int RoundsOf(string hash)
    {
        Span<byte> bytes = stackalloc byte[MaxHashLength];
        return Convert.TryFromBase64String(hash, bytes, out var length) && length > HeaderLength && bytes[0] == ThirdFormat
            && BinaryPrimitives.ReadInt32BigEndian(bytes[1..]) == (int)KeyDerivationPrf.HMACSHA512
                ? Math.Max(0, BinaryPrimitives.ReadInt32BigEndian(bytes[5..]))
                : 0;
    }

    private async Task<T> OnOwnThread<T>(Func<T> work, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _waiting) > _maxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new DependencyUnavailableException("Password hashing");
        }

        try
        {
            await _processors.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }

        try
        {
            return await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            _processors.Release();
        }
    }
}
