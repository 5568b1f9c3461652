using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common.Auditing;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Infrastructure.HashChain;

/// <summary>The keys that sign heads: one signs, and the public keys of all stay for ever.</summary>
/// <remarks>Private keys are sealed like the signing keys of access tokens (<see cref="KeySealing"/>).</remarks>
public sealed class ChainKeys(KeySealing sealing)
{
    private (byte[] Sealed, ChainKey Key)? _opened;

    /// <summary>Replaces the key that signs, with an audit log entry; the private half of the former one is deleted.</summary>
    /// <returns>The id of the new key.</returns>
    /// <exception cref="SealedKeyException">
    /// There is no key yet that shows the sealing key of the servers, or it is another one: they could not open the new key.
    /// </exception>
    public async Task<string> Rotate(AppDbContext db, IAuditLog audit, CancellationToken cancellationToken)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Waits for a block that is being sealed, and keeps others from being signed meanwhile.
        await db.CreateCommand($"SELECT pg_advisory_xact_lock({BlockSealer.LockKey})").Execute(cancellationToken);
        if (await Read(db.Connection(), cancellationToken) is not var (former, sealedKey))
            throw new SealedKeyException("There is no key yet that could be replaced: the web API makes it with its first block.");
        sealing.RequireKnown(sealedKey, PurposeOf(former));
        await db.CreateCommand("UPDATE ledger.chain_keys SET sealed_key = NULL WHERE sealed_key IS NOT NULL").Execute(cancellationToken);
        var key = await Make(db.Connection(), cancellationToken);
        audit.Add(new AuditNote(AuditActions.ChainKeyRotated, new AuditSubject("chain_key", key.Id)).Changed("key", former, key.Id));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return key.Id;
    }

    /// <summary>Seals the key that signs with the current sealing key.</summary>
    /// <returns>Whether it was sealed with another one.</returns>
    public async Task<bool> Reseal(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await Read(connection, cancellationToken) is not var (id, sealedKey) || sealing.IsOfToday(sealedKey))
            return false;

        return await new NpgsqlCommand("UPDATE ledger.chain_keys SET sealed_key = $3 WHERE id = $1 AND sealed_key = $2", connection)
            .With(id, sealedKey, sealing.Seal(sealing.Open(sealedKey, PurposeOf(id)), PurposeOf(id)))
            .Execute(cancellationToken) == 1;
    }

    /// <summary>The key that signs; the first call makes it.</summary>
    /// <exception cref="SealedKeyException">The key can't be decrypted.</exception>
    internal async Task<ChainKey> Signing(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await Read(connection, cancellationToken) is not var (id, sealedKey))
            return await Make(connection, cancellationToken);
        if (_opened is { } opened && opened.Sealed.AsSpan().SequenceEqual(sealedKey))
            return opened.Key;

        var seed = sealing.Open(sealedKey, PurposeOf(id));
        var key = ChainKey.Import(seed);
        CryptographicOperations.ZeroMemory(seed);
        if (key.Id != id)
            throw new SealedKeyException($"The {PurposeOf(id)} contains another key.");
        _opened = (sealedKey, key);
        return key;
    }

    private static string PurposeOf(string id) => $"ledger chain key {id}";

    private static Task<(string Id, byte[] Sealed)?> Read(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        new NpgsqlCommand("SELECT id, sealed_key FROM ledger.chain_keys WHERE sealed_key IS NOT NULL", connection)
            .ReadFirst<(string, byte[])?>(row => (row.GetString(0), row.GetFieldValue<byte[]>(1)), cancellationToken);

    private async Task<ChainKey> Make(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var key = ChainKey.Generate();
        var seed = key.Export();
        var insert = new NpgsqlCommand(
            "INSERT INTO ledger.chain_keys (id, public_key, sealed_key, created_at) VALUES ($1, $2, $3, clock_timestamp())", connection)
            .With(key.Id, key.PublicKey, sealing.Seal(seed, PurposeOf(key.Id)));
        CryptographicOperations.ZeroMemory(seed);
        await insert.Execute(cancellationToken);
        return key;
    }
}
