using Portico.Domain.Common;

namespace Portico.Application.Common.Messaging;

/// <summary>What is known of an idempotency key.</summary>
public enum KeyState
{
    Unused,

    /// <summary>Its request has begun and has no answer yet.</summary>
    Running,

    /// <summary>Its request was answered.</summary>
    Answered,

    /// <summary>Another request used the key.</summary>
    Refused,
}

/// <summary>What is known of an idempotency key: the answer of its request, or why it can't be used.</summary>
public sealed record KeyUse(KeyState State, StoredAnswer? Answer = null, Error? Error = null);

/// <summary>The idempotency keys of commands that commit something before they are answered.</summary>
/// <remarks>Other commands use <see cref="IIdempotencyStore"/>, which does both in one transaction.</remarks>
public interface IRequestKeys
{
    /// <summary>Finds what a key was used for.</summary>
    Task<KeyUse> Find(IdempotencyKey key, CancellationToken cancellationToken);

    /// <summary>Takes a key in the open transaction; waits for another transaction that takes it.</summary>
    /// <returns>Whether the key was unused.</returns>
    Task<bool> Take(IdempotencyKey key, CancellationToken cancellationToken);

    /// <summary>Stores the answer to a key that was taken, in the open transaction; the first answer stays.</summary>
    Task Answer(IdempotencyKey key, StoredAnswer answer, CancellationToken cancellationToken);
}
