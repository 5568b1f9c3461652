using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>Marks a command that moves money or places an order: it needs an <c>Idempotency-Key</c>.</summary>
public interface INeedsIdempotencyKey;

/// <summary>A name that a client gives to one request, so that a repeated request has one effect.</summary>
/// <param name="Owner">The user who sent the key; other users may use the same key.</param>
/// <param name="Value">1 to <see cref="MaxLength"/> visible ASCII characters.</param>
/// <param name="Fingerprint">A request with another fingerprint can't use the key.</param>
public sealed record IdempotencyKey(Guid Owner, string Value, RequestFingerprint Fingerprint)
{
    public const int MaxLength = 255;

    /// <summary>The name of the header.</summary>
    public const string Header = "Idempotency-Key";

    /// <summary>Compares this request with the first request of the key.</summary>
    /// <returns>The error with the names of what differs, never with a value; or <c>null</c> for the same request.</returns>
    public Error? Refuse(ReadOnlySpan<byte> first) => Fingerprint.Bytes.Span.SequenceEqual(first)
        ? null
        : IdempotencyErrors.KeyReused with
        {
            Message = $"This Idempotency-Key came before with another request{Fingerprint.Difference(first)}. "
                + "Use a new key for a new request.",
        };
}

/// <summary>The idempotency key of the current request, and the answers that belong to it.</summary>
public interface IRequestKey
{
    /// <summary>The key; <c>null</c> when there is none, when it has no meaning for this request, or when it is not valid.</summary>
    IdempotencyKey? Current { get; }

    /// <summary>Why the sent key is not valid, or <c>null</c>.</summary>
    string? Problem { get; }

    /// <summary>Makes the answer of a result, as the client gets it.</summary>
    StoredAnswer AnswerOf<TResult>(TResult result)
        where TResult : IResult<TResult>;

    /// <summary>Sends a stored answer, whatever the use case returns.</summary>
    void Replay(StoredAnswer answer);

    /// <summary>Marks the answer as a replay of an earlier answer.</summary>
    void Replayed();
}

/// <summary>Stores the first answer of each key and replays it for every later request with the same key.</summary>
public interface IIdempotencyStore
{
    /// <summary>Runs a command and stores its answer in one transaction; a parallel request with the same key waits.</summary>
    /// <param name="key">The key.</param>
    /// <param name="work">The command.</param>
    /// <param name="answerOf">Makes the answer that is stored.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <returns>The result of the command, or the stored answer of an earlier request.</returns>
    /// <remarks>
    /// An error is stored too, unless a later try may succeed: see <see cref="StoredAnswer.IsFinal"/>. Retries as in
    /// <see cref="ITransaction"/>.
    /// </remarks>
    Task<(TResult? Result, StoredAnswer? Replay)> Once<TResult>(
        IdempotencyKey key,
        Func<CancellationToken, Task<TResult>> work,
        Func<TResult, StoredAnswer> answerOf,
        CancellationToken cancellationToken)
        where TResult : IResult<TResult>;
}

/// <summary>An answer as it was sent. A replay needs no type of the code that made it, so it outlives that code.</summary>
/// <param name="Status">The status code.</param>
/// <param name="Headers">The headers that belong to this answer, such as <c>ETag</c> and <c>Location</c>, each once.</param>
/// <param name="Body">The bytes of the body.</param>
public sealed record StoredAnswer(int Status, IReadOnlyList<KeyValuePair<string, string>> Headers, ReadOnlyMemory<byte> Body)
{
    // Nobody gets this error, because the stored answer is sent in its place.
    internal static readonly Error SentAgain = new(ErrorKind.Conflict, "sent_again", "The stored answer is sent again.");

    /// <summary>Whether the same request would always get the answer of this error, or of a success.</summary>
    public static bool IsFinal(Error? refusal) =>
        refusal is null
        or { RetryAfter: null, Kind: ErrorKind.NotFound or ErrorKind.Conflict or ErrorKind.Unprocessable or ErrorKind.Forbidden };
}

/// <summary>The errors of idempotency keys.</summary>
public static class IdempotencyErrors
{
    public static readonly Error KeyReused =
        new(
            ErrorKind.Unprocessable,
            "idempotency_key_reused",
            "This Idempotency-Key came before with another request. Use a new key for a new request.");
}
