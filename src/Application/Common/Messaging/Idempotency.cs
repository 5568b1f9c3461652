using Portico.Application.Common.Persistence;
using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>Marks a command that moves money or places an order: it can't be sent without an <c>Idempotency-Key</c>.</summary>
public interface INeedsIdempotencyKey;

/// <summary>A name that a person gave to one request of theirs, so that it is done once however often it arrives.</summary>
/// <param name="Owner">Whose key it is; others may use the same.</param>
/// <param name="Value">1 to <see cref="MaxLength"/> visible ASCII characters.</param>
/// <param name="Fingerprint">SHA-256 of the method, the address and the body: what else may not come under the same key.</param>
public sealed record IdempotencyKey(Guid Owner, string Value, ReadOnlyMemory<byte> Fingerprint)
{
    public const int MaxLength = 255;

    /// <summary>How the header is called.</summary>
    public const string Header = "Idempotency-Key";
}

/// <summary>The idempotency key of the current request.</summary>
public interface IRequestKey
{
    /// <summary><c>null</c> when there is none, it has no meaning for this request, or it is not valid.</summary>
    IdempotencyKey? Current { get; }

    /// <summary>What is wrong with the key that was sent, or <c>null</c>.</summary>
    string? Problem { get; }

    /// <summary>Notes that the answer is the one that was given to an earlier request.</summary>
    void Replayed();
}

/// <summary>Keeps the first answer to each key, and gives it to every later request with the same key.</summary>
public interface IIdempotencyStore
{
    /// <summary>Runs a command in one transaction with the keeping of its answer; one that comes meanwhile waits for it.</summary>
    /// <returns>The answer, and whether it was given before.</returns>
    /// <remarks>
    /// A refusal is kept too, unless a later try may end otherwise: see <see cref="StoredAnswer.IsFinal"/>. Retried as
    /// <see cref="ITransaction"/> says.
    /// </remarks>
    Task<(TResult Answer, bool IsReplay)> Once<TResult>(
        IdempotencyKey key, Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>;
}

/// <summary>Which answers are kept.</summary>
public static class StoredAnswer
{
    /// <summary>Whether the same request would always be answered like this.</summary>
    public static bool IsFinal(Error? refusal) =>
        refusal?.Kind is null or ErrorKind.NotFound or ErrorKind.Conflict or ErrorKind.Unprocessable or ErrorKind.Forbidden;
}

/// <summary>What can be refused about idempotency keys.</summary>
public static class IdempotencyErrors
{
    public static readonly Error KeyReused =
        new(
            ErrorKind.Unprocessable,
            "idempotency_key_reused",
            "This Idempotency-Key came with another request before. Use a new key for a new request.");
}
