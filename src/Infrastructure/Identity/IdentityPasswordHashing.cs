using Microsoft.AspNetCore.Identity;
using Portico.Application.Auth;
using Portico.Application.Common;

namespace Portico.Infrastructure.Identity;

/// <summary>Hashes with Identity's hasher (PBKDF2-HMAC-SHA512), as many at a time as there are processors.</summary>
/// <remarks>On threads of their own: on those of the pool, a few sign-ins would hold up every other request.</remarks>
internal sealed class IdentityPasswordHashing : IPasswordHashing, IDisposable
{
    private static readonly Credential Nobody = new();
    private readonly IPasswordHasher<Credential> _hasher;
    private readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);
    private readonly Lazy<string> _hashOfNothing;
    private readonly int _maxWaiting;
    private int _waiting;

    public IdentityPasswordHashing(IPasswordHasher<Credential> hasher, PasswordSettings settings)
    {
        _hasher = hasher;
        _maxWaiting = settings.MaxWaiting;
        _hashOfNothing = new Lazy<string>(() => hasher.HashPassword(Nobody, Guid.NewGuid().ToString()));
    }

    public Task<string> Hash(string password, CancellationToken cancellationToken) =>
        OnOwnThread(() => _hasher.HashPassword(Nobody, password), cancellationToken);

    public Task<PasswordMatch> Verify(string? hash, string password, CancellationToken cancellationToken) => OnOwnThread(
        () =>
        {
            // Made for whoever comes first, with an account or without: only for the latter, it would tell them apart.
            var standIn = _hashOfNothing.Value;
            return _hasher.VerifyHashedPassword(Nobody, hash ?? standIn, password) switch
            {
                _ when hash is null => PasswordMatch.None,
                PasswordVerificationResult.Success => PasswordMatch.Exact,
                PasswordVerificationResult.SuccessRehashNeeded => PasswordMatch.Outdated,
                _ => PasswordMatch.None,
            };
        },
        cancellationToken);

    public void Dispose() => _processors.Dispose();

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
