using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>Runs a request that commits something before it is answered once for its idempotency key.</summary>
/// <remarks>Requests that come later with the same key get its answer, and wait for it while it is at work.</remarks>
internal sealed class IdempotentRequest(IRequestKeys keys, IRequestKey request, TimeProvider clock)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public IdempotencyKey Key => request.Current ?? throw new InvalidOperationException("The request has no idempotency key.");

    /// <summary>Replays the first answer, or makes attempts until one of them has an answer.</summary>
    /// <param name="service">The other service that the request needs, for the error.</param>
    /// <param name="timeout">How long one request may be at work; this one waits twice as long.</param>
    /// <param name="attempt">
    /// Makes an attempt when the key is unused, or goes on with what an earlier request began when it is running; <c>null</c> while
    /// another request with the key is at work.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting and the attempt.</param>
    /// <exception cref="DependencyUnavailableException">It took too long.</exception>
    public async Task<Result<T>> Once<T>(
        string service, TimeSpan timeout, Func<KeyState, CancellationToken, Task<Result<T>?>> attempt, CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            var use = await keys.Find(Key, cancellationToken);
            switch (use.State)
            {
                case KeyState.Refused:
                    return use.Error!;
                case KeyState.Answered:
                    request.Replay(use.Answer!);
                    return StoredAnswer.SentAgain;
            }

            if (await attempt(use.State, cancellationToken) is { } result)
                return result;
            if (clock.GetElapsedTime(started) > timeout * 2)
                throw new DependencyUnavailableException(service);
            await Task.Delay(Interval, clock, cancellationToken);
        }
    }

    /// <summary>The answer as it is stored.</summary>
    public StoredAnswer AnswerOf<T>(Result<T> result) => request.AnswerOf(result);
}
