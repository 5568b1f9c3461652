using System.Buffers.Text;
using System.Security.Cryptography;

namespace Portico.Application.Auth;

/// <summary>Short-lived records of sign-ins, each under a token.</summary>
/// <remarks>
/// The store holds neither the token nor readable data: both the key and the encryption derive from the token. While Redis is unavailable
/// every call throws <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface IOneTimeRecords
{
    /// <summary>Stores a record.</summary>
    /// <param name="kind">What the record is for; a token of one kind finds no record of another.</param>
    /// <param name="token">The secret under which it is found.</param>
    /// <param name="record">The record.</param>
    /// <param name="lifetime">After this time it is gone.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    Task Add<T>(OneTimeRecordKind kind, string token, T record, TimeSpan lifetime, CancellationToken cancellationToken)
        where T : class;

    /// <summary>Finds a record, and leaves it.</summary>
    Task<T?> Find<T>(OneTimeRecordKind kind, string token, CancellationToken cancellationToken)
        where T : class;

    /// <summary>Finds a record and removes it: of many calls with one token one gets it.</summary>
    Task<T?> Take<T>(OneTimeRecordKind kind, string token, CancellationToken cancellationToken)
        where T : class;

    /// <summary>Marks a state as used.</summary>
    /// <returns>Whether this is its first use.</returns>
    Task<bool> TryUseState(string state, TimeSpan lifetime, CancellationToken cancellationToken);
}

/// <summary>The kinds of one-time records.</summary>
public enum OneTimeRecordKind
{
    /// <summary>What a provider said, under the code with which the browser came back to the frontend.</summary>
    ReturnCode = 1,

    /// <summary>The beginning of a link, under the ticket in the URL that the browser opens.</summary>
    LinkTicket = 2,

    /// <summary>A sign-in that waits for the code that was sent to the address.</summary>
    AddressProof = 3,

    /// <summary>A sign-in that waits for the second factor.</summary>
    SecondFactor = 4,

    /// <summary>The registration of a passkey, under the challenge of WebAuthn.</summary>
    PasskeyRegistration = 5,

    /// <summary>A sign-in with a passkey, under the challenge of WebAuthn.</summary>
    PasskeyAssertion = 6,

    /// <summary>A Telegram chat to be linked, under the token in the link to the bot.</summary>
    TelegramLink = 7,

    /// <summary>The chat that opened a link to the bot, under the same token.</summary>
    OpenedTelegramLink = 8,
}

/// <summary>Creates the secrets of <see cref="IOneTimeRecords"/>.</summary>
internal static class OneTimeToken
{
    private const int Bytes = 32;

    public const int Length = 43;

    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));
}
