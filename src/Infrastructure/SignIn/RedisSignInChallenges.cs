using System.Buffers.Binary;
using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Portico.Application.Auth;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using StackExchange.Redis;

namespace Portico.Infrastructure.SignIn;

/// <summary>Encrypted challenges in Redis: neither the data in Redis nor the id reveals whether the password was correct.</summary>
/// <remarks>
/// The id is the pseudonym of the address, which is the hash tag of all its keys, and 128 random bits. User id, session version and
/// address are encrypted with AES-256-GCM, with a key derived from <c>Otp:Key</c>, and bound to the id. After a wrong password a decoy
/// code is created under another name with its own counters, and never sent, so that the same scripts run in both cases.
/// </remarks>
internal sealed partial class RedisSignInChallenges(
    RedisConnection redis, OtpSettings settings, Pseudonyms pseudonyms, RedisCodes codes, RateLimitMetrics metrics)
    : ISignInChallenges
{
    private const int VersionAt = 16;
    private const int KindAt = VersionAt + sizeof(int);
    private const int AddressAt = KindAt + 1;
    private const int NonceLength = 12;
    private const int TagLength = 16;

    private readonly byte[] _key = HKDF.DeriveKey(
        HashAlgorithmName.SHA256, settings.KeyBytes, 32, info: "portico sign-in challenge"u8.ToArray());

    public TimeSpan Lifetime => settings.Lifetime;

    public async Task<Result<OpenedChallenge>> Open(
        ContactAddress address, ProvenPassword? proved, IPAddress? client, CancellationToken cancellationToken)
    {
        if (await codes.SpendIssue(client, cancellationToken) is { } tooMany)
            return tooMany;

        metrics.Challenged();
        var id = pseudonyms.Of(address) + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var sealedChallenge = Seal(id, address, proved);
        await redis.Run(database => database.StringSetAsync(Key(id), sealedChallenge, settings.Lifetime), cancellationToken);

        var issued = new IssuedCode(id, RedisCodes.NewCode());
        // Strangers without the password can't use up these codes, so none has to be kept for known clients.
        var wait = await codes.Issue(CodesOf(address, proved), issued, client, settings.ReservedPerDay, cancellationToken);
        return new OpenedChallenge(id, proved is null || wait is not null ? null : issued.Code);
    }

    public async Task<Result<VerifiedChallenge>> Verify(
        string challengeId, string code, string? requestId, IPAddress? client, Func<ContactAddress, Task> beforeUse,
        CancellationToken cancellationToken)
    {
        if (await codes.SpendTry(client, cancellationToken) is { } tooMany)
            return tooMany;
        if (!Id().IsMatch(challengeId))
            return UserErrors.InvalidCode;

        byte[]? kept = await redis.Run(database => database.StringGetAsync(Key(challengeId)), cancellationToken);
        if (kept is null || Unseal(challengeId, kept) is not { } challenge)
            return UserErrors.InvalidCode;

        var (address, proved) = challenge;
        await beforeUse(address);
        var isMet = await codes.Consume(CodesOf(address, proved), code, requestId, client, [Key(challengeId)], cancellationToken);
        return isMet && proved is not null ? new VerifiedChallenge(address, proved) : UserErrors.InvalidCode;
    }

    private static CodeSet CodesOf(ContactAddress address, ProvenPassword? proved) =>
        proved is null ? new(address, "signInDecoy", ":signInDecoy") : new(address, "signIn", ":signIn");

    private RedisKey Key(string id) => redis.Key($"challenge:{{{id[..^22]}}}:{id[^22..]}");

    private byte[] Seal(string id, ContactAddress address, ProvenPassword? proved)
    {
        var text = new byte[AddressAt + Encoding.UTF8.GetByteCount(address.Value)];
        (proved?.UserId ?? Guid.Empty).TryWriteBytes(text, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(text.AsSpan(VersionAt), proved?.SessionVersion ?? 0);
        text[KindAt] = (byte)address.Kind;
        Encoding.UTF8.GetBytes(address.Value, text.AsSpan(AddressAt));

        var box = new byte[NonceLength + text.Length + TagLength];
        RandomNumberGenerator.Fill(box.AsSpan(0, NonceLength));
        using var aes = new AesGcm(_key, TagLength);
        aes.Encrypt(
            box.AsSpan(0, NonceLength),
            text,
            box.AsSpan(NonceLength, text.Length),
            box.AsSpan(NonceLength + text.Length),
            Encoding.ASCII.GetBytes(id));
        return box;
    }

    /// <returns><c>null</c> for data that this installation did not encrypt for this id.</returns>
    private (ContactAddress Address, ProvenPassword? Proved)? Unseal(string id, byte[] box)
    {
        if (box.Length <= NonceLength + AddressAt + TagLength)
            return null;

        var text = new byte[box.Length - NonceLength - TagLength];
        try
        {
            using var aes = new AesGcm(_key, TagLength);
            aes.Decrypt(
                box.AsSpan(0, NonceLength),
                box.AsSpan(NonceLength, text.Length),
                box.AsSpan(NonceLength + text.Length),
                text,
                Encoding.ASCII.GetBytes(id));
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }

        var value = Encoding.UTF8.GetString(text.AsSpan(AddressAt));
        var isValid = (ContactKind)text[KindAt] == ContactKind.Email
            ? ContactAddress.TryParseEmail(value, out var address)
            : ContactAddress.TryParsePhone(value, out address);
        if (!isValid || address is null)
            return null;

        var userId = new Guid(text.AsSpan(0, VersionAt), bigEndian: true);
        var version = BinaryPrimitives.ReadInt32BigEndian(text.AsSpan(VersionAt));
        return (address, userId == Guid.Empty ? null : new ProvenPassword(userId, version));
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{65}\z", RegexOptions.None, 100)]
    private static partial Regex Id();
}
