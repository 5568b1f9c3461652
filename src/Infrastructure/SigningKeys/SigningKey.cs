using System.Security.Cryptography;
using Npgsql;
using Portico.Application.SigningKeys;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>A signing key of access tokens in the database.</summary>
/// <remarks>The sealed key is the private key (PKCS#8) while the key may sign, and after that only the public key (SPKI).</remarks>
public sealed class SigningKey
{
    // For EF.
    private SigningKey()
    {
    }

    /// <summary>The <c>kid</c>.</summary>
    public string Id { get; private set; } = "";

    public string Algorithm { get; private set; } = "";

    public KeyState State { get; private set; }

    public byte[] SealedKey { get; private set; } = [];

    /// <summary>When the key was published to verifiers.</summary>
    public DateTimeOffset PublishedAt { get; private set; }

    /// <summary>When the key may begin to sign.</summary>
    public DateTimeOffset ReadyAt { get; private set; }

    public DateTimeOffset? SignsSince { get; private set; }

    /// <summary>Until when the key stays published, because a token that it signed may still be valid.</summary>
    public DateTimeOffset? PublishedUntil { get; private set; }

    /// <summary>The purpose that the sealed key is bound to.</summary>
    private string Purpose => $"{State.ToString().ToLowerInvariant()} {Algorithm} signing key {Id}";

    /// <summary>Creates a next key, which is published now and may sign after the lead time.</summary>
    public static SigningKey New(TokenKey key, DateTimeOffset now, TimeSpan lead, KeySealing sealing)
    {
        var made = new SigningKey
        {
            Id = key.Id,
            Algorithm = key.Algorithm,
            State = KeyState.Next,
            PublishedAt = now,
            ReadyAt = now + lead
        };
        made.Seal(key.ExportPrivate(), sealing);
        return made;
    }

    /// <summary>Reads all keys, sealed, the oldest first.</summary>
    /// <remarks>
    /// Without EF Core, whose model takes a third of the processor time of a start: every process reads the keys before it serves.
    /// </remarks>
    /// <param name="createCommand">Creates a command on the database.</param>
    /// <param name="cancellationToken">Cancels the query.</param>
    public static Task<IReadOnlyList<SigningKey>> ReadAll(
        Func<string, NpgsqlCommand> createCommand, CancellationToken cancellationToken) => createCommand(
        """
        SELECT id, algorithm, state, sealed_key, published_at, ready_at, signs_since, published_until
        FROM identity.signing_keys ORDER BY published_at
        """).ReadAll(
        row => new SigningKey
        {
            Id = row.GetString(0),
            Algorithm = row.GetString(1),
            State = EnumNames<KeyState>.Read(row.GetString(2)),
            SealedKey = row.GetFieldValue<byte[]>(3),
            PublishedAt = row.GetFieldValue<DateTimeOffset>(4),
            ReadyAt = row.GetFieldValue<DateTimeOffset>(5),
            SignsSince = row.ValueOrNull<DateTimeOffset>(6),
            PublishedUntil = row.ValueOrNull<DateTimeOffset>(7),
        },
        cancellationToken);

    /// <summary>Decrypts the key.</summary>
    /// <exception cref="SealedKeyException">The key can't be decrypted, or it does not match its id.</exception>
    public TokenKey Open(KeySealing sealing)
    {
        var bytes = sealing.Open(SealedKey, Purpose);
        try
        {
            var key = TokenKey.Import(Algorithm, bytes, isPrivate: State != KeyState.Previous);
            return key.Id == Id ? key : throw new SealedKeyException($"The {Purpose} contains another key.");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    /// <summary>Checks that the key was sealed with a known sealing key.</summary>
    /// <exception cref="SealedKeyException">It was sealed with another one.</exception>
    public void RequireKnown(KeySealing sealing) => sealing.RequireKnown(SealedKey, Purpose);

    /// <summary>Makes the key the current key.</summary>
    public void Promote(DateTimeOffset now, KeySealing sealing)
    {
        var key = Open(sealing);
        (State, SignsSince) = (KeyState.Current, now);
        Seal(key.ExportPrivate(), sealing);
    }

    /// <summary>Makes the key a previous key, and deletes its private half.</summary>
    public void Retire(DateTimeOffset now, TimeSpan retention, KeySealing sealing)
    {
        var key = Open(sealing);
        (State, PublishedUntil) = (KeyState.Previous, now + retention);
        Seal(key.ExportPublic(), sealing);
    }

    /// <summary>Seals the key with the current sealing key.</summary>
    /// <returns>False when it is already sealed with the current sealing key.</returns>
    public bool Reseal(KeySealing sealing)
    {
        if (sealing.IsOfToday(SealedKey))
            return false;

        Seal(sealing.Open(SealedKey, Purpose), sealing);
        return true;
    }

    private void Seal(byte[] key, KeySealing sealing)
    {
        SealedKey = sealing.Seal(key, Purpose);
        CryptographicOperations.ZeroMemory(key);
    }
}
