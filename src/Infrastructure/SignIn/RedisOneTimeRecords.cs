using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Portico.Application.Auth;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.SignIn;

/// <summary>Encrypted records in Redis: what is stored there can be found and read only with the token.</summary>
/// <remarks>
/// The name of the key and the key of AES-256-GCM are derived from the token, which has 128 random bits or more. A key encrypts one record
/// only, so the nonce can be constant.
/// </remarks>
internal sealed class RedisOneTimeRecords(RedisConnection redis) : IOneTimeRecords
{
    private const int KeyBytes = 32;
    private const int NameBytes = 16;
    private const int TagBytes = 16;
    private static readonly byte[] Nonce = new byte[12];

    public async Task Add<T>(OneTimeRecordKind kind, string token, T record, TimeSpan lifetime, CancellationToken cancellationToken)
        where T : class
    {
        var (name, key) = Derive(kind, token);
        var text = JsonSerializer.SerializeToUtf8Bytes(record);
        var box = new byte[text.Length + TagBytes];
        using (var aes = new AesGcm(key, TagBytes))
            aes.Encrypt(Nonce, text, box.AsSpan(0, text.Length), box.AsSpan(text.Length));
        await redis.Run(database => database.StringSetAsync(name, box, lifetime), cancellationToken);
    }

    public async Task<T?> Find<T>(OneTimeRecordKind kind, string token, CancellationToken cancellationToken)
        where T : class
    {
        var (name, key) = Derive(kind, token);
        return Open<T>(await redis.Run(database => database.StringGetAsync(name), cancellationToken), key);
    }

    public async Task<T?> Take<T>(OneTimeRecordKind kind, string token, CancellationToken cancellationToken)
        where T : class
    {
        var (name, key) = Derive(kind, token);
        return Open<T>(await redis.Run(database => database.StringGetDeleteAsync(name), cancellationToken), key);
    }

    public Task<bool> TryUseState(string state, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var name = redis.Key($"one-time:state:{Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(state)))}");
        return redis.Run(
            database => database.StringSetAsync(name, RedisValue.EmptyString, lifetime, When.NotExists), cancellationToken);
    }

    private (RedisKey Name, byte[] Key) Derive(OneTimeRecordKind kind, string token)
    {
        var derived = HKDF.DeriveKey(
            HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(token), KeyBytes + NameBytes,
            info: Encoding.ASCII.GetBytes($"portico one-time record {kind}"));
        return (redis.Key($"one-time:{Base64Url.EncodeToString(derived.AsSpan(KeyBytes))}"), derived[..KeyBytes]);
    }

    private static T? Open<T>(RedisValue stored, byte[] key)
        where T : class
    {
        byte[]? box = stored;
        if (box is null)
            return null;

        var text = new byte[box.Length - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(Nonce, box.AsSpan(0, text.Length), box.AsSpan(text.Length), text);
        return JsonSerializer.Deserialize<T>(text);
    }
}
