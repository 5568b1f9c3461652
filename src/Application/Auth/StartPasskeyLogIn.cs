using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Auth;

/// <summary>Begins a sign-in with a passkey; of a user who is signed in, the proof of a second factor.</summary>
[Anonymous]
public sealed record StartPasskeyLogIn : ICommand<PasskeyRequestOptionsDto>, IOwnTransaction;

/// <summary>
/// What <c>PublicKeyCredential.parseRequestOptionsFromJSON()</c> takes (PublicKeyCredentialRequestOptionsJSON of WebAuthn).
/// </summary>
/// <remarks>
/// The challenge works once, for <c>timeout</c> milliseconds. The list of passkeys is empty: the browser shows those it has.
/// </remarks>
/// <example>
/// {"challenge":"8vXz0m3Jk2n5Yq7Rw1Tb4Uc6Ve9Lp0aSdFgHjKlZxCvB","timeout":300000,"rpId":"example.com","allowCredentials":[],
/// "userVerification":"required"}
/// </example>
public sealed record PasskeyRequestOptionsDto
{
    public required string Challenge { get; init; }

    /// <summary>In milliseconds.</summary>
    public required int Timeout { get; init; }

    public required string RpId { get; init; }
    public IReadOnlyList<PasskeyDescriptorDto> AllowCredentials { get; init; } = [];
    public string UserVerification { get; init; } = "required";
}

/// <summary>The id of a passkey.</summary>
/// <example>{"type":"public-key","id":"bVlfUGFzc2tleV9JZA"}</example>
public sealed record PasskeyDescriptorDto(string Type, string Id);

internal sealed class StartPasskeyLogInHandler(PasskeyProof proof, IPasskeys passkeys, ICurrentUser caller)
    : ICommandHandler<StartPasskeyLogIn, PasskeyRequestOptionsDto>
{
    public async Task<Result<PasskeyRequestOptionsDto>> Handle(StartPasskeyLogIn command, CancellationToken cancellationToken)
    {
        if (passkeys.RelyingParty is not { } relyingParty)
            return SecondFactorErrors.PasskeysUnavailable;

        return new PasskeyRequestOptionsDto
        {
            Challenge = await proof.NewChallenge(caller.Claims?.Subject, cancellationToken),
            Timeout = (int)passkeys.Timeout.TotalMilliseconds,
            RpId = relyingParty.Id,
        };
    }
}
