using System.Text.Json.Serialization;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Signs a user in with a passkey, which stands for password and second factor together.</summary>
/// <example>
/// {"id":"bVlfUGFzc2tleV9JZA","rawId":"bVlfUGFzc2tleV9JZA","type":"public-key","clientExtensionResults":{},"response":{
/// "clientDataJSON":"eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0","authenticatorData":"SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAA",
/// "signature":"MEUCIQDx","userHandle":"AaH8fuehehWqP4roLExN3Q"}}
/// </example>
[Anonymous]
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Skip)]
public sealed record LogInWithPasskey : PasskeyAssertion, ICommand<TokensDto>, IOwnTransaction;

internal sealed class LogInWithPasskeyValidator : AbstractValidator<LogInWithPasskey>
{
    public LogInWithPasskeyValidator() =>
        RuleFor(c => c.Response).Must((command, _) => PasskeyRules.IsValid(command))
            .WithMessage("Give the result of navigator.credentials.get() as JSON.");
}

internal sealed class LogInWithPasskeyHandler(PasskeyProof proof, IAppDbContext db, SignIn signIn)
    : ICommandHandler<LogInWithPasskey, TokensDto>
{
    public async Task<Result<TokensDto>> Handle(LogInWithPasskey command, CancellationToken cancellationToken)
    {
        var shown = await proof.Verify(command, userId: null, cancellationToken);
        if (shown.Error is { } refusal)
            return refusal;

        var user = await db.Users.AsNoTracking()
            .SingleOrDefaultAsync(u => u.Id == shown.Value.UserId && u.Status == UserStatus.Active, cancellationToken);
        return user is null ? SecondFactorErrors.InvalidPasskey : await signIn.Open(user, hasSecondFactor: true, cancellationToken);
    }
}
