using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Signs users in with accounts of providers, and links such accounts to users.</summary>
/// <remarks>
/// A user is found by provider and subject only. An address that the provider gave links to a user only after a code to it. A user whose
/// address nobody proved can't exist: a code is needed to register, and the database refuses such a row (<c>users_verified</c>).
/// </remarks>
internal sealed class ExternalSignIn(
    IAppDbContext db, ITransaction transaction, ICredentials credentials, IAddressRelease addresses, ICodes codes, CodeSender sender,
    IOneTimeRecords records, ILoginProviders providers, IAuditLog audit, SignIn signIn, IClient client, TimeProvider clock)
{
    private const string UnnamedUser = "New user";

    /// <summary>Signs the user of an identity in, or registers one, or asks for a code to the address.</summary>
    public async Task<Result<LogInAnswer>> Begin(ExternalIdentity identity, CancellationToken cancellationToken)
    {
        if (await Find(identity, cancellationToken) is { } known)
            return await Open(known, cancellationToken);

        if (identity.Address is not { } address)
            return await Register(identity, address: null, isProved: false, cancellationToken);

        // For an address that the provider does not verify, the answer is the same whether it is taken or not.
        if (!identity.IsEmailVerified)
            return await AskForCode(identity, address, cancellationToken);
        if (await db.Users.AsNoTracking().FindByAddress(address, cancellationToken) is null)
            return await Register(identity, address, isProved: false, cancellationToken);

        // Another flow of the same person may have registered the user a moment ago, with the address and the login.
        return await Find(identity, cancellationToken) is { } registered
            ? await Open(registered, cancellationToken)
            : await AskForCode(identity, address, cancellationToken);
    }

    /// <summary>
    /// Fails while PostgreSQL is away, before a code is used: then the code still works when the client repeats the request.
    /// </summary>
    public Task RequireDatabase(ExternalIdentity identity, CancellationToken cancellationToken) => FindLogin(identity, cancellationToken);

    /// <summary>Whether an id has the form of the challenges that are made here.</summary>
    public static bool IsChallenge(string id) => FieldRules.IsToken(id);

    /// <summary>Answers the challenge: links the identity to the user who has the address, or registers one, and signs in.</summary>
    public async Task<Result<LogInAnswer>> Verify(string challengeId, string code, CancellationToken cancellationToken)
    {
        var pending = await records.Find<PendingIdentity>(OneTimeRecordKind.AddressProof, challengeId, cancellationToken);
        if (pending is not { Identity: { Address: { } address } identity })
            return UserErrors.InvalidCode;

        await RequireDatabase(identity, cancellationToken);
        var proof = await codes.Consume(
            address, CodeScope.ExternalSignIn, code, pending.RequestId, client.IpAddress, cancellationToken);
        if (proof.Error is { } invalid)
            return invalid;

        // Of two callers with the right code one gets here; the other one was refused by the code.
        await records.Take<PendingIdentity>(OneTimeRecordKind.AddressProof, challengeId, cancellationToken);
        return await Register(identity, address, isProved: true, cancellationToken);
    }

    /// <summary>Links an identity to a user who is signed in; does nothing when it is linked to this user already.</summary>
    public Task<Result<User>> Link(Guid userId, ExternalIdentity identity, CancellationToken cancellationToken) =>
        transaction.Run<Result<User>>(
            async token =>
            {
                var holder = await FindLogin(identity, token);
                if (await db.Users.SingleOrDefaultAsync(u => u.Id == userId, token) is not { } user)
                    return UserErrors.NotFound;
                if (holder is not null)
                    return holder.UserId == userId ? user : OAuthErrors.LoginTaken;
                return await Add(user, identity, token) is { } refusal ? refusal : user;
            },
            cancellationToken);

    private async Task<Result<LogInAnswer>> AskForCode(
        ExternalIdentity identity, ContactAddress address, CancellationToken cancellationToken)
    {
        var provider = providers.DisplayNameOf(identity.Provider);
        var sent = await sender.Send(
            address,
            CodeScope.ExternalSignIn,
            async token => new CodeRecipient(
                address, (await db.Users.AsNoTracking().FindByAddress(address, token))?.Locale ?? client.Locale),
            cancellationToken,
            (code, lifetime) => Notification.LinkCode(code, provider, lifetime));
        if (sent.Error is { } tooMany)
            return tooMany;

        var id = OneTimeToken.New();
        var pending = new PendingIdentity(identity, sent.Value.RequestId);
        await records.Add(OneTimeRecordKind.AddressProof, id, pending, codes.Lifetime, cancellationToken);
        return LogInAnswer.Of(new SignInChallengeDto(id, [ChallengeMethod.AddressCode], sent.Value.ExpiresIn));
    }

    /// <summary>Registers a user and signs the user in.</summary>
    /// <param name="identity">The account of the provider.</param>
    /// <param name="address">The address, if it is proved or verified by the provider.</param>
    /// <param name="isProved">Whether a code proved the address: then a user who has it is linked instead.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    private async Task<Result<LogInAnswer>> Register(
        ExternalIdentity identity, ContactAddress? address, bool isProved, CancellationToken cancellationToken)
    {
        var done = await transaction.Run<Result<User>>(
            async token =>
            {
                // Another flow of the same person may have been faster.
                if (await Find(identity, token) is { } known)
                    return known;
                if (isProved && await db.Users.FindByAddress(address!, token) is { } owner)
                    return await Add(owner, identity, token) is { } refusal ? refusal : owner;
                if (address is not null)
                    await addresses.ReleaseExpired(address, token);

                var name = FieldRules.ToDisplayName(identity.Name, UnnamedUser);
                var user = User.Register(address, name, client.Locale, clock.GetUtcNow());
                db.Users.Add(user);
                await credentials.Add(user.Id, passwordHash: null, token);
                Store(user, identity);
                return user;
            },
            cancellationToken);
        if (done.IsSuccess)
            return await Open(done.Value, cancellationToken);
        return await Find(identity, cancellationToken) is { } registered ? await Open(registered, cancellationToken) : done.Error;
    }

    /// <summary>Adds a login in the open transaction, and tells the user.</summary>
    private async Task<Error?> Add(User user, ExternalIdentity identity, CancellationToken cancellationToken)
    {
        if (user.Status != UserStatus.Active)
            return UserErrors.InvalidCredentials;
        // Another flow of the same person may have linked it a moment ago.
        if (await db.Set<ExternalLogin>().AsNoTracking()
            .SingleOrDefaultAsync(l => l.UserId == user.Id && l.Provider == identity.Provider, cancellationToken) is { } linked)
            return linked.Subject == identity.Subject ? null : OAuthErrors.ProviderLinked;

        Store(user, identity);
        user.LinkLogin(identity.Provider);
        return null;
    }

    private void Store(User user, ExternalIdentity identity)
    {
        db.Set<ExternalLogin>().Add(ExternalLogin.Link(user.Id, identity.Provider, identity.Subject, clock.GetUtcNow()));
        audit.Add(new AuditNote(AuditActions.UserLoginLinked, AuditSubject.User(user.Id)).With("provider", identity.Provider));
    }

    private async Task<User?> Find(ExternalIdentity identity, CancellationToken cancellationToken) =>
        await FindLogin(identity, cancellationToken) is { } login
            ? await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == login.UserId, cancellationToken)
            : null;

    private Task<ExternalLogin?> FindLogin(ExternalIdentity identity, CancellationToken cancellationToken) =>
        db.Set<ExternalLogin>().AsNoTracking()
            .SingleOrDefaultAsync(l => l.Provider == identity.Provider && l.Subject == identity.Subject, cancellationToken);

    private async Task<Result<LogInAnswer>> Open(User user, CancellationToken cancellationToken) =>
        user.Status == UserStatus.Active ? await signIn.Begin(user, cancellationToken) : UserErrors.InvalidCredentials;

    /// <summary>An identity whose address waits for the code of this request.</summary>
    private sealed record PendingIdentity(ExternalIdentity Identity, string RequestId);
}
