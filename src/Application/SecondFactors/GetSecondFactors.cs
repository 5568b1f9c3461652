using Portico.Application.Auth;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.SecondFactors;

/// <summary>Shows which second factors and passkeys the caller has.</summary>
[Authenticated]
public sealed record GetSecondFactors : IQuery<SecondFactorsDto>;

/// <summary>The second factors and passkeys of a user.</summary>
/// <example>{"totp":true,"recoveryCodes":9,"passkeys":1,"isRequired":false}</example>
public sealed record SecondFactorsDto
{
    /// <summary>Whether an authenticator app is active.</summary>
    public required bool Totp { get; init; }

    /// <summary>How many recovery codes are left.</summary>
    public required int RecoveryCodes { get; init; }

    public required int Passkeys { get; init; }

    /// <summary>Whether the role of the user needs a second factor.</summary>
    public required bool IsRequired { get; init; }

    internal static SecondFactorsDto Of(UserFactors factors) => new()
    {
        Totp = factors.HasTotp,
        RecoveryCodes = factors.RecoveryCodes,
        Passkeys = factors.Passkeys,
        IsRequired = factors.IsRequired,
    };
}

internal sealed class GetSecondFactorsHandler(ISecondFactors factors, ICurrentUser caller)
    : IQueryHandler<GetSecondFactors, SecondFactorsDto>
{
    public async Task<Result<SecondFactorsDto>> Handle(GetSecondFactors query, CancellationToken cancellationToken) =>
        SecondFactorsDto.Of(await factors.Find(caller.Id, caller.Claims!.Roles[0], cancellationToken));
}
