using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>Marks a command that moves money or places an order: it needs an <c>Idempotency-Key</c>.</summary>
public interface INeedsIdempotencyKey;

/// <summary>A name that a client gives to one request, so that a repeated request has one effect.</summary>
/// <param name="Owner">The user who sent the key; other users may use the same key.</param>
/// <param name="Value">1 to <see cref="MaxLength"/> visible ASCII characters.</param>
/// <param name="Fingerprint">SHA-256 of the method, the URL and the body: a request with another fingerprint can't use the key.</param>
public sealed record IdempotencyKey(Guid Owner, string Value, ReadOnlyMemory<byte> Fingerprint)
{
    public const int MaxLength = 255;

    /// <summary>The name of the header.</summary>
    public const string Header = "Idempotency-Key";
}

/// <summary>The idempotency key of the current request.</summary>
public interface IRequestKey
{
    /// <summary>The key; <c>null</c> when there is none, when it has no meaning for this request, or when it is not valid.</summary>
    IdempotencyKey? Current { get; }

    /// <summary>Why the sent key is not valid, or <c>null</c>.</summary>
    string? Problem { get; }

    /// <summary>Marks the answer as a replay of an earlier answer.</summary>
    void Replayed();
}

/// <summary>Stores the first answer of each key and replays it for every later request with the same key.</summary>
public interface IIdempotencyStore
{
    /// <summary>Runs a command and stores its answer in one transaction; a parallel request with the same key waits.</summary>
    /// <returns>The answer, and whether it is a replay.</returns>
    /// <remarks>
    /// An error is stored too, unless a later try may succeed: see <see cref="StoredAnswer.IsFinal"/>. Retries as in
    /// <see cref="ITransaction"/>.
    /// </remarks>
    Task<(TResult Answer, bool IsReplay)> Once<TResult>(
        IdempotencyKey key, Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>;
}

/// <summary>Which answers are stored.</summary>
public static class StoredAnswer
{
    /// <summary>Whether the same request would always get this answer.</summary>
    public static bool IsFinal(Error? refusal) =>
        refusal?.Kind is null or ErrorKind.NotFound or ErrorKind.Conflict or ErrorKind.Unprocessable or ErrorKind.Forbidden;
}

/// <summary>The errors of idempotency keys.</summary>
public static class IdempotencyErrors
{
    public static readonly Error KeyReused =
        new(
            ErrorKind.Unprocessable,
            "idempotency_key_reused",
            "This Idempotency-Key came with another request before. Use a new key for a new request.");
}
