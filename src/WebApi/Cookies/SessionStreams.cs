using Portico.Infrastructure.Sessions;

namespace Portico.WebApi.Cookies;

/// <summary>The open event streams of sessions, and the one loop that notices the end of their sessions.</summary>
/// <remarks>
/// The loop runs only while there are streams. It reads the list of revoked sessions in memory, which is at most 1 s old, five times a
/// second. At most 16 streams of a session and 10,000 of a process. Thread-safe.
/// </remarks>
internal sealed class SessionStreams(IRevokedSessions revoked, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    public const int MaxPerSession = 16;

    private const int MaxStreams = 10_000;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Watched> _sessions = [];
    private int _streams;
    private bool _isWatching;

    /// <summary>Opens a stream; <c>null</c> when there are too many.</summary>
    public SessionStream? TryOpen(Guid sessionId)
    {
        lock (_gate)
        {
            var watched = _sessions.GetValueOrDefault(sessionId) ?? new Watched();
            if (_streams >= MaxStreams || watched.Streams >= MaxPerSession)
                return null;

            _streams++;
            watched.Streams++;
            _sessions[sessionId] = watched;
            if (!_isWatching)
                _ = Watch();
            _isWatching = true;
            return new SessionStream(this, sessionId, watched.Ended.Task);
        }
    }

    internal void Close(Guid sessionId)
    {
        lock (_gate)
        {
            _streams--;
            if (--_sessions[sessionId].Streams == 0)
                _sessions.Remove(sessionId);
        }
    }

    private async Task Watch()
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(CancellationToken.None) && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            KeyValuePair<Guid, Watched>[] sessions;
            lock (_gate)
            {
                if (_streams == 0)
                {
                    _isWatching = false;
                    return;
                }

                sessions = [.. _sessions];
            }

            foreach (var (id, watched) in sessions)
            {
                if (await revoked.Contains(id, CancellationToken.None))
                    watched.Ended.TrySetResult();
            }
        }
    }

    private sealed class Watched
    {
        public int Streams { get; set; }
        public TaskCompletionSource Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>The place of one event stream.</summary>
/// <param name="Owner">Where it is given back.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Ended">Completes when the session has ended.</param>
internal sealed record SessionStream(SessionStreams Owner, Guid SessionId, Task Ended) : IDisposable
{
    public void Dispose() => Owner.Close(SessionId);
}
