using System.Diagnostics.Metrics;
using System.Threading.RateLimiting;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Passwords;

/// <summary>Hashes and verifies passwords, at most one per processor at a time, within a memory limit.</summary>
/// <remarks>
/// A verification computes one hash of each stored kind (algorithm and parameters), with a dummy hash for the kinds that the account does
/// not have. The time therefore reveals neither whether an account exists nor how old its hash is. It runs on its own thread, because on
/// the thread pool a few sign-ins would delay all other requests. Thread-safe.
/// </remarks>
internal sealed class PasswordHashing : IPasswordHashing, IDisposable
{
    /// <summary>The maximum number of kinds in every verification; accounts of further kinds can be recognised by the time.</summary>
    public const int MaxKinds = 4;

    private readonly IPasswordAlgorithm _chosen;
    private readonly IPasswordAlgorithm[] _algorithms;
    private readonly SemaphoreSlim _processors = new(Environment.ProcessorCount);
    private readonly ConcurrencyLimiter _memory;
    private readonly Counter<long> _hashes;
    private readonly Lock _adding = new();
    private readonly int _maxWaiting;
    private readonly int _maxMemoryMiB;
    private volatile HashKind[] _kinds;
    private int _waiting;

    public PasswordHashing(PasswordSettings settings, IMeterFactory meters)
        : this(settings, meters, [new Argon2idAlgorithm(settings), new Pbkdf2Algorithm(settings), new BcryptAlgorithm(settings)])
    {
    }

    /// <param name="settings">The limits.</param>
    /// <param name="meters">The factory of the counter of hashes.</param>
    /// <param name="algorithms">The algorithms, in the order of <see cref="PasswordAlgorithm"/>.</param>
    internal PasswordHashing(PasswordSettings settings, IMeterFactory meters, IPasswordAlgorithm[] algorithms)
    {
        _algorithms = algorithms;
        _chosen = algorithms[(int)settings.Algorithm - 1];
        _kinds = [_chosen.Kind];
        (_maxWaiting, _maxMemoryMiB) = (settings.MaxWaiting, settings.MaxMemoryMiB);
        _memory = new ConcurrencyLimiter(new ConcurrencyLimiterOptions { PermitLimit = settings.MaxMemoryMiB, QueueLimit = int.MaxValue });
        _hashes = meters.Create("Portico.Passwords")
            .CreateCounter<long>("portico.password.hashes", description: "Password hashes computed, by algorithm.");
    }

    public async Task<string> Hash(string password, CancellationToken cancellationToken)
    {
        using var place = Reserve();
        return await place.Hash(password, cancellationToken);
    }

    public IPasswordPlace Reserve() => TakePlace();

    public Task<PasswordMatch> Verify(string? hash, string password, CancellationToken cancellationToken)
    {
        var kind = hash is null ? null : KindOf(hash);
        var kinds = kind is null ? _kinds : WithKind(kind);
        return OnOwnThread(
            TakePlace(), () => Verify(kinds, kind, hash, password), kinds.Max(each => each.MemoryKiB), cancellationToken);
    }

    /// <summary>Sets the kinds of every verification to the kinds of the stored hashes, the most frequent first.</summary>
    /// <returns>The number of kinds over the maximum.</returns>
    public int SetStoredKinds(IEnumerable<string> hashes)
    {
        var kinds = hashes.Select(KindOf).OfType<HashKind>().Prepend(_chosen.Kind).Distinct().ToArray();
        lock (_adding)
            _kinds = [.. kinds.Take(MaxKinds)];
        return Math.Max(0, kinds.Length - MaxKinds);
    }

    public void Dispose()
    {
        _processors.Dispose();
        _memory.Dispose();
    }

    private PasswordMatch Verify(HashKind[] kinds, HashKind? kind, string? hash, string password)
    {
        // Old hashes and hashes of other systems may be made from the text as typed, without normalisation.
        var normalized = NormalizedText.Of(password);
        string[] spellings = normalized == password ? [password] : [normalized, password];
        var (matches, asTyped) = (false, false);
        foreach (var each in kinds)
        {
            foreach (var spelling in spellings)
            {
                Count(each.Algorithm);
                if (!each.Algorithm.Verify(each == kind ? hash! : each.StandIn, spelling) || each != kind)
                    continue;
                matches = true;
                asTyped |= spelling != normalized;
            }
        }

        return !matches ? PasswordMatch.None
            : asTyped || kind!.Algorithm != _chosen || _chosen.IsWeaker(hash!) ? PasswordMatch.Outdated
            : PasswordMatch.Exact;
    }

    private HashKind? KindOf(string hash) =>
        Array.ConvertAll(_algorithms, algorithm => algorithm.KindOf(hash)).FirstOrDefault(kind => kind is not null);

    /// <summary>Adds a new kind, such as an imported one, to every further verification.</summary>
    private HashKind[] WithKind(HashKind kind)
    {
        if (_kinds.Contains(kind))
            return _kinds;
        lock (_adding)
        {
            var kinds = _kinds;
            if (kinds.Contains(kind))
                return kinds;
            kinds = [.. kinds, kind];
            return kinds.Length > MaxKinds ? kinds : _kinds = kinds;
        }
    }

    private void Count(IPasswordAlgorithm algorithm) => _hashes.Add(1, new KeyValuePair<string, object?>("algorithm", algorithm.Name));

    private Place TakePlace()
    {
        if (Interlocked.Increment(ref _waiting) > _maxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new DependencyUnavailableException("Password hashing");
        }

        return new Place(this);
    }

    private async Task<T> OnOwnThread<T>(Place place, Func<T> work, int memoryKiB, CancellationToken cancellationToken)
    {
        RateLimitLease? memory = null;
        using (place)
        {
            await _processors.WaitAsync(cancellationToken);
            try
            {
                memory = await _memory.AcquireAsync(Math.Clamp((memoryKiB + 1023) / 1024, 1, _maxMemoryMiB), cancellationToken);
            }
            catch
            {
                _processors.Release();
                throw;
            }
        }

        try
        {
            return await Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            memory.Dispose();
            _processors.Release();
        }
    }

    private sealed class Place(PasswordHashing hashing) : IPasswordPlace
    {
        private int _isFree;

        public Task<string> Hash(string password, CancellationToken cancellationToken) => hashing.OnOwnThread(
            this,
            () =>
            {
                hashing.Count(hashing._chosen);
                return hashing._chosen.Hash(NormalizedText.Of(password));
            },
            hashing._chosen.Kind.MemoryKiB,
            cancellationToken);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isFree, 1) == 0)
                Interlocked.Decrement(ref hashing._waiting);
        }
    }
}
