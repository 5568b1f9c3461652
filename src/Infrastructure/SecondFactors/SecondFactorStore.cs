using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OtpNet;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;
using QRCoder;

namespace Portico.Infrastructure.SecondFactors;

/// <summary>Authenticator apps and recovery codes in PostgreSQL.</summary>
/// <remarks>
/// A secret is sealed for its user, so a row that was copied to another user can't be opened. One conditional UPDATE uses a time step, so
/// of many requests and processes one uses it.
/// </remarks>
internal sealed class SecondFactorStore(
    AppDbContext db, KeySealing sealing, SecondFactorSettings settings, ISecondFactorRequirement requirement, TimeProvider clock)
    : ISecondFactors
{
    private const int SecretBytes = 20;
    private const int RecoveryCodes = 10;
    private const int RecoveryCodeBytes = 10;
    private const int GroupLength = 4;

    // One step before and after: for clocks that differ, and for people who type slowly (RFC 6238, 5.2).
    private static readonly VerificationWindow Window = new(previous: 1, future: 1);

    public async Task<UserFactors> Find(Guid userId, Role role, CancellationToken cancellationToken)
    {
        var row = await db.Database.SqlQuery<FactorRow>(
            $"""
            SELECT EXISTS (SELECT FROM identity.totp t WHERE t.user_id = {userId} AND t.confirmed_at IS NOT NULL) AS has_totp,
                   (SELECT count(*)::int FROM identity.recovery_codes c WHERE c.user_id = {userId}) AS recovery_codes,
                   (SELECT count(*)::int FROM identity.passkeys p WHERE p.user_id = {userId}) AS passkeys
            """).SingleAsync(cancellationToken);
        return new UserFactors(row.HasTotp, row.HasTotp ? row.RecoveryCodes : 0, row.Passkeys, requirement.HoldsFor(role));
    }

    public async Task<TotpSecretDto?> AddTotp(User user, CancellationToken cancellationToken)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretBytes);
        var sealedSecret = sealing.Seal(secret, Purpose(user.Id));
        var added = await db.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO identity.totp AS t (user_id, secret) VALUES ({user.Id}, {sealedSecret})
            ON CONFLICT (user_id) DO UPDATE SET secret = excluded.secret, created_at = now(), last_step = 0
            WHERE t.confirmed_at IS NULL
            """,
            cancellationToken);
        if (added == 0)
            return null;

        // Those of the app before it, which may have been shown to somebody else.
        await RemoveRecoveryCodes(user.Id, cancellationToken);
        var uri = new OtpUri(OtpType.Totp, secret, user.Addresses.FirstOrDefault()?.Value ?? user.DisplayName, settings.Name).ToString();
        return new TotpSecretDto(Base32Encoding.ToString(secret), uri, Draw(uri));
    }

    public async Task<bool> ConfirmTotp(Guid userId, string code, CancellationToken cancellationToken)
    {
        var row = await db.Database.SqlQuery<TotpRow>(
            $"""
            SELECT secret, last_step FROM identity.totp
            WHERE user_id = {userId} AND confirmed_at IS NULL AND created_at > now() - interval '1 hour'
            """).SingleOrDefaultAsync(cancellationToken);
        return row is not null && StepOf(userId, row, code) is { } step && await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE identity.totp SET confirmed_at = now(), last_step = {step}
            WHERE user_id = {userId} AND confirmed_at IS NULL AND secret = {row.Secret}
            """,
            cancellationToken) == 1;
    }

    public async Task<bool> UseTotp(Guid userId, string code, CancellationToken cancellationToken)
    {
        var row = await db.Database.SqlQuery<TotpRow>(
            $"SELECT secret, last_step FROM identity.totp WHERE user_id = {userId} AND confirmed_at IS NOT NULL")
            .SingleOrDefaultAsync(cancellationToken);
        return row is not null && StepOf(userId, row, code) is { } step && await db.Database.ExecuteSqlAsync(
            $"""
            UPDATE identity.totp SET last_step = {step}
            WHERE user_id = {userId} AND confirmed_at IS NOT NULL AND secret = {row.Secret} AND last_step < {step}
            """,
            cancellationToken) == 1;
    }

    public async Task<bool> RemoveTotp(Guid userId, CancellationToken cancellationToken)
    {
        await RemoveRecoveryCodes(userId, cancellationToken);
        return await db.Database.ExecuteSqlAsync($"DELETE FROM identity.totp WHERE user_id = {userId}", cancellationToken) == 1;
    }

    public async Task<IReadOnlyList<string>> ReplaceRecoveryCodes(Guid userId, CancellationToken cancellationToken)
    {
        string[] codes = [.. Enumerable.Range(0, RecoveryCodes).Select(_ => NewRecoveryCode())];
        byte[][] hashes = [.. codes.Select(code => Hash(userId, code))];
        await RemoveRecoveryCodes(userId, cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"INSERT INTO identity.recovery_codes (user_id, hash) SELECT {userId}, unnest({hashes})", cancellationToken);
        return codes;
    }

    public async Task<bool> UseRecoveryCode(Guid userId, string code, CancellationToken cancellationToken)
    {
        var hash = Hash(userId, code);
        return await db.Database.ExecuteSqlAsync(
            $"""
            DELETE FROM identity.recovery_codes c WHERE c.user_id = {userId} AND c.hash = {hash}
            AND EXISTS (SELECT FROM identity.totp t WHERE t.user_id = {userId} AND t.confirmed_at IS NOT NULL)
            """,
            cancellationToken) == 1;
    }

    private Task<int> RemoveRecoveryCodes(Guid userId, CancellationToken cancellationToken) =>
        db.Database.ExecuteSqlAsync($"DELETE FROM identity.recovery_codes WHERE user_id = {userId}", cancellationToken);

    internal static string Purpose(Guid userId) => $"authenticator secret of user {userId}";

    /// <summary>The time step of a code, or <c>null</c> for a wrong code; compared in constant time.</summary>
    private long? StepOf(Guid userId, TotpRow row, string code) =>
        new Totp(sealing.Open(row.Secret, Purpose(userId))).VerifyTotp(clock.GetUtcNow().UtcDateTime, code, out var step, Window)
            && step > row.LastStep
            ? step
            : null;

    private static string Draw(string uri)
    {
        using var generator = new QRCodeGenerator();
        using var data = generator.CreateQrCode(uri, QRCodeGenerator.ECCLevel.M);
        using var svg = new SvgQRCode(data);
        return svg.GetGraphic(1, "#000000", "#ffffff", drawQuietZones: true, SvgQRCode.SizingMode.ViewBoxAttribute);
    }

    private static string NewRecoveryCode()
    {
        var letters = Base32Encoding.ToString(RandomNumberGenerator.GetBytes(RecoveryCodeBytes));
        return string.Join('-', letters.Chunk(GroupLength).Select(group => new string(group)));
    }

    // The user is a salt. 80 random bits need no slow hash (NIST SP 800-63B, 5.1.2.2, asks for one below 112 bits; ADR 0032).
    private static byte[] Hash(Guid userId, string code)
    {
        var letters = new string([.. code.Where(char.IsLetterOrDigit)]).ToUpperInvariant();
        return SHA256.HashData(Encoding.ASCII.GetBytes($"portico recovery code|{userId:N}|{letters}"));
    }

    private sealed record FactorRow(bool HasTotp, int RecoveryCodes, int Passkeys);

    private sealed record TotpRow(byte[] Secret, long LastStep);
}
