using Microsoft.EntityFrameworkCore;
using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.SecondFactors;

/// <summary>Adds an authenticator app (TOTP) of the caller, which is not active before its first code; needs a fresh session.</summary>
/// <remarks>Another secret that is not active yet is replaced.</remarks>
[Authenticated]
public sealed record AddTotp : ICommand<TotpSecretDto>;

internal sealed class AddTotpHandler(IAppDbContext db, ISecondFactors factors, FreshProof fresh, ICurrentUser caller)
    : ICommandHandler<AddTotp, TotpSecretDto>
{
    public async Task<Result<TotpSecretDto>> Handle(AddTotp command, CancellationToken cancellationToken)
    {
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;
        return await factors.AddTotp(user, cancellationToken) is { } secret ? secret : SecondFactorErrors.TotpActive;
    }
}
