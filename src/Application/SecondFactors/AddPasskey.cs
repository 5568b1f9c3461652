using System.Text.Json.Serialization;
using AutoMapper;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Registers a passkey of the caller, in the session that began the registration.</summary>
/// <remarks>
/// The body is what <c>toJSON()</c> of the result of <c>navigator.credentials.create()</c> gives (RegistrationResponseJSON of WebAuthn),
/// and a name if the user gives one. Members that are not listed are ignored, because browsers add some.
/// </remarks>
/// <example>
/// {"name":"Phone","id":"bVlfUGFzc2tleV9JZA","rawId":"bVlfUGFzc2tleV9JZA","type":"public-key","clientExtensionResults":{},"response":{
/// "clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIn0","attestationObject":"o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YQ"}}
/// </example>
[Authenticated]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record AddPasskey : ICommand<PasskeyDto>, IOwnTransaction
{
    /// <summary>The user's own name for it; without one the name of the device.</summary>
    public string? Name { get; init; }

    /// <summary>The id of the credential, in base64url as all bytes here.</summary>
    public required string Id { get; init; }

    public required PasskeyRegistrationResponse Response { get; init; }
}

internal sealed class AddPasskeyValidator : AbstractValidator<AddPasskey>
{
    public AddPasskeyValidator()
    {
        RuleFor(c => c.Name!).IsLine(Passkey.MaxNameLength).When(c => c.Name is not null);
        RuleFor(c => c.Id).IsCredentialId();
        RuleFor(c => c.Response).NotNull();
        RuleFor(c => c.Response.ClientDataJson).IsBase64Url(PasskeyRules.MaxClientDataLength).When(c => c.Response is not null);
        RuleFor(c => c.Response.AttestationObject).IsBase64Url(PasskeyRules.MaxAttestationLength).When(c => c.Response is not null);
    }
}

internal sealed class AddPasskeyHandler(
    IAppDbContext db, IPasskeys passkeys, IOneTimeRecords records, ITransaction transaction, IAuditLog audit, ISessions sessions,
    FreshProof fresh, IMapper mapper, ICurrentUser caller, IClient client, TimeProvider clock)
    : ICommandHandler<AddPasskey, PasskeyDto>
{
    public async Task<Result<PasskeyDto>> Handle(AddPasskey command, CancellationToken cancellationToken)
    {
        if (passkeys.RelyingParty is null)
            return SecondFactorErrors.PasskeysUnavailable;
        if (ClientData.ChallengeOf(command.Response.ClientDataJson) is not { } challenge
            || await records.Take<LinkingSession>(OneTimeRecordKind.PasskeyRegistration, challenge, cancellationToken) is not { } begun
            || begun != new LinkingSession(caller.Id, caller.SessionId))
        {
            return SecondFactorErrors.InvalidPasskey;
        }

        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } known)
            return UserErrors.NotFound;
        if (await passkeys.VerifyRegistration(known, challenge, command.Id, command.Response, cancellationToken) is not { } made)
            return SecondFactorErrors.InvalidPasskey;

        var added = await transaction.Run<Result<PasskeyDto>>(token => Store(command, made, token), cancellationToken);

        // The authenticator has verified the user: that proves a second factor too.
        if (added.IsSuccess)
            await sessions.ProveSecondFactorAfterCommit(caller.Id, caller.SessionId, cancellationToken);
        return added;
    }

    private async Task<Result<PasskeyDto>> Store(AddPasskey command, NewPasskey made, CancellationToken cancellationToken)
    {
        // The change of the user is the lock: of two registrations at the same time one is tried again, and counts both.
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;
        if (await db.Set<Passkey>().AnyAsync(p => p.CredentialId == made.CredentialId, cancellationToken))
            return SecondFactorErrors.PasskeyTaken;
        if (await db.Set<Passkey>().CountAsync(p => p.UserId == caller.Id, cancellationToken) >= Passkey.MaxPerUser)
            return SecondFactorErrors.TooManyPasskeys;

        var name = command.Name?.Trim() ?? Device.Of(client).Name;
        var passkey = Passkey.Register(caller.Id, made.CredentialId, made.PublicKey, made.SignCount, name, clock.GetUtcNow());
        db.Set<Passkey>().Add(passkey);
        user.ChangeSecondFactor(SecondFactorChange.PasskeyAdded);
        audit.Add(new AuditNote(AuditActions.UserPasskeyAdded, AuditSubject.User(user.Id)).With("passkey", passkey.Id));
        return mapper.Map<PasskeyDto>(passkey);
    }
}
