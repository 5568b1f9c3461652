using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Portico.Application.SigningKeys;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>Reloads the signing keys that other replicas have changed.</summary>
public interface ISigningKeyRefresh
{
    /// <summary>Reloads the keys now, because a token names an unknown key.</summary>
    /// <returns>Whether the keys were reloaded. If not, nobody knows whether the key exists.</returns>
    /// <remarks>At most four reloads a second for all callers; during an outage of PostgreSQL no caller waits.</remarks>
    Task<bool> LookAgain(CancellationToken cancellationToken);
}

/// <summary>Reloads the signing keys from PostgreSQL every 5 s, and takes the rotation steps that are due.</summary>
/// <remarks>
/// During an outage of PostgreSQL the last known keys continue to sign. A program that starts during the outage has no keys and answers
/// 503 until PostgreSQL is back. Keys that can't be decrypted stop a program that starts; a running program logs them.
/// </remarks>
internal sealed partial class SigningKeyRefresher(
    NpgsqlDataSource database,
    IServiceScopeFactory scopes,
    TokenKeys keys,
    KeySealing sealing,
    TokenSettings settings,
    TimeProvider clock,
    ILogger<SigningKeyRefresher> logger)
    : BackgroundService, ISigningKeyRefresh
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan OutagePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan RefreshDeadline = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StartDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ChangeDeadline = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim _requested = new(0);
    private TaskCompletionSource<bool> _nextRefresh = NewSignal();
    private Dictionary<string, OpenKey> _opened = new(StringComparer.Ordinal);
    private volatile string? _lastFailure;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Refresh(StartDeadline, cancellationToken);
        }
        catch (SealedKeyException sealedKey)
        {
            throw new OptionsValidationException(TokenSettings.Section, typeof(TokenSettings), [sealedKey.Message]);
        }
        catch (Exception failure) when (IsTemporary(failure, cancellationToken))
        {
            Report(failure);
        }

        await base.StartAsync(cancellationToken);
    }

    public async Task<bool> LookAgain(CancellationToken cancellationToken)
    {
        if (_lastFailure is not null)
            return false;

        var refresh = Volatile.Read(ref _nextRefresh).Task;
        if (_requested.CurrentCount == 0)
            _requested.Release();
        try
        {
            return await refresh.WaitAsync(RefreshDeadline, clock, cancellationToken);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    public override void Dispose()
    {
        _requested.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await _requested.WaitAsync(_lastFailure is null ? Interval : OutagePause, stoppingToken);
                var refresh = Interlocked.Exchange(ref _nextRefresh, NewSignal());
                try
                {
                    await Refresh(RefreshDeadline, stoppingToken);
                    _lastFailure = null;
                }
                catch (Exception failure) when (failure is SealedKeyException || IsTemporary(failure, stoppingToken))
                {
                    Report(failure);
                }
                finally
                {
                    refresh.SetResult(_lastFailure is null);
                }

                await Task.Delay(ShortestInterval, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private static TaskCompletionSource<bool> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Temporary failures: an outage, or a schema that is not migrated yet.
    private static bool IsTemporary(Exception failure, CancellationToken stopping) =>
        failure is OperationCanceledException && !stopping.IsCancellationRequested
        || failure is PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName }
        || DatabaseOutage.Is(failure);

    private async Task Refresh(TimeSpan limit, CancellationToken cancellationToken)
    {
        var found = await Within(limit, List, cancellationToken);
        // A first check by the clock of this machine; the clock of PostgreSQL decides.
        if (new SigningKeySet(found, sealing, TokenKey.Generate).Due(clock.GetUtcNow(), settings) is not null)
        {
            await using var scope = scopes.CreateAsyncScope();
            var store = scope.ServiceProvider.GetRequiredService<SigningKeyStore>();
            // With a longer deadline: a busy machine needs seconds to make a key, and after a timeout it would start again for ever.
            foreach (var change in await Within(ChangeDeadline, token => store.Advance(settings, token), cancellationToken))
                LogChange(change.Step, change.Key.Algorithm, change.Key.Id);
            found = await Within(limit, List, cancellationToken);
        }

        Use(found);
    }

    private Task<IReadOnlyList<SigningKey>> List(CancellationToken cancellationToken) =>
        SigningKey.ReadAll(database.CreateCommand, cancellationToken);

    private async Task<T> Within<T>(TimeSpan limit, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        return await work(either.Token);
    }

    private void Use(IReadOnlyList<SigningKey> found)
    {
        if (found.Count == _opened.Count && found.All(IsOpened))
            return;

        // All keys are decrypted before any is replaced: either all are used or none.
        var opened = found.ToDictionary(
            key => key.Id, key => IsOpened(key) ? _opened[key.Id] : new OpenKey(key.SealedKey, key.Open(sealing)), StringComparer.Ordinal);
        if (found.FirstOrDefault(key => key.State == KeyState.Current) is not { } current)
            return;

        keys.Replace(new KeyRing(opened[current.Id].Key, found.OrderBy(key => key.State).Select(key => opened[key.Id].Key)));
        _opened = opened;
    }

    private bool IsOpened(SigningKey key) =>
        _opened.TryGetValue(key.Id, out var known) && known.Sealed.AsSpan().SequenceEqual(key.SealedKey);

    private void Report(Exception failure)
    {
        // Logged once, not at each attempt.
        if (failure.Message == _lastFailure)
            return;
        _lastFailure = failure.Message;
        if (failure is SealedKeyException)
            LogSealed(failure.Message);
        else
            LogAway(failure.Message);
    }

    private sealed record OpenKey(byte[] Sealed, TokenKey Key);

    [LoggerMessage(1, LogLevel.Information, "Signing key {Step}: {Algorithm} {KeyId}")]
    private partial void LogChange(KeyStep step, string algorithm, string keyId);

    [LoggerMessage(2, LogLevel.Warning, "The signing keys can't be read; the last known keys stay in use: {Failure}")]
    private partial void LogAway(string failure);

    [LoggerMessage(3, LogLevel.Error, "The signing keys have changed and can't be decrypted; the last known keys stay in use: {Failure}")]
    private partial void LogSealed(string failure);
}
