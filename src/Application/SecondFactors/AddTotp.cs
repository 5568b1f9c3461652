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

/// <summary>The secret of a new authenticator app; it is shown once. Show the QR code, and the secret for typing.</summary>
/// <example>
/// {"secret":"OLZ6JSA3LZRM23W7GXYSFGV6D34S4TR2",
/// "uri":"otpauth://totp/Portico:ada%40example.org?secret=OLZ6JSA3LZRM23W7GXYSFGV6D34S4TR2&amp;issuer=Portico","qrCode":"&lt;svg/&gt;"}
/// </example>
/// <param name="Secret">160 random bits in base32.</param>
/// <param name="Uri">The secret as an <c>otpauth://</c> URI.</param>
/// <param name="QrCode">The URI as a QR code, an SVG image.</param>
public sealed record TotpSecretDto(string Secret, string Uri, string QrCode)
{
    internal static TotpSecretDto Of(TotpSecret secret) => new(secret.Secret, secret.Uri, secret.QrCode);
}

internal sealed class AddTotpHandler(IAppDbContext db, ISecondFactors factors, FreshProof fresh, ICurrentUser caller)
    : ICommandHandler<AddTotp, TotpSecretDto>
{
    public async Task<Result<TotpSecretDto>> Handle(AddTotp command, CancellationToken cancellationToken)
    {
        if (await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;
        if (await fresh.Refuse(cancellationToken) is { } refusal)
            return refusal;
        return await factors.AddTotp(user, cancellationToken) is { } secret
            ? TotpSecretDto.Of(secret)
            : SecondFactorErrors.TotpActive;
    }
}
