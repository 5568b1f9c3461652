namespace Portico.Domain.Users;

/// <summary>What happened to the second factors or passkeys of a user.</summary>
public enum SecondFactorChange
{
    TotpAdded = 1,
    TotpRemoved = 2,
    PasskeyAdded = 3,
    PasskeyRemoved = 4,
    RecoveryCodesReplaced = 5,
    RecoveryCodeUsed = 6,

    /// <summary>An administrator removed all of them.</summary>
    Reset = 7,
}
