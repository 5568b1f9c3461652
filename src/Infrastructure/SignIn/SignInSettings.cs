using Portico.Domain.Users;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.SignIn;

/// <summary>Settings of the delays after failed sign-ins, and of challenges.</summary>
public sealed class SignInSettings : ISettings
{
    public static string Section => "SignIn";

    /// <summary>The number of failures of one address from one client without a delay.</summary>
    public int FreeFailures { get; init; } = 2;

    /// <summary>The first delay; each further failure doubles it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After this time without an attempt the failures of an address from a client are reset.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>After this many failures of one address from one client a challenge is required.</summary>
    public int ChallengeAfter { get; init; } = 5;

    /// <summary>After this many failures of one address from all clients a challenge is required.</summary>
    public int ChallengeAddressAfter { get; init; } = 10;

    /// <summary>After this time without a failure the failures of an address from all clients are reset.</summary>
    public TimeSpan ForgetAddressAfter { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// After this many failures of one client in 15 minutes, over all addresses, a challenge is required; IPv6 counts by /64.
    /// </summary>
    public int ChallengeClientAfter { get; init; } = 30;

    /// <summary>The maximum number of failures of one client in 15 minutes, over all addresses; IPv6 counts by /64.</summary>
    public int MaxPerClient { get; init; } = 100;

    /// <summary>The roles that need a second factor: <c>Manager</c>, <c>Admin</c> or both; the role of new users never needs one.</summary>
    public Role[] RequireSecondFactorFor { get; init; } = [];

    public IEnumerable<string> Problems()
    {
        if (FreeFailures is < 0 or > 20)
            yield return $"SignIn:FreeFailures must be between 0 and 20; it is {FreeFailures}.";
        if (FirstDelay < TimeSpan.FromMilliseconds(100) || FirstDelay > LongestDelay)
            yield return $"SignIn:FirstDelay must be between 100 ms and SignIn:LongestDelay; it is {FirstDelay}.";
        if (LongestDelay > ForgetAfter)
            yield return $"SignIn:LongestDelay must be at most SignIn:ForgetAfter; it is {LongestDelay}.";
        if (ForgetAfter > TimeSpan.FromDays(1))
            yield return $"SignIn:ForgetAfter must be at most 1 day; it is {ForgetAfter}.";
        if (ChallengeAfter is < 1 or > 100)
            yield return $"SignIn:ChallengeAfter must be between 1 and 100; it is {ChallengeAfter}.";
        if (ChallengeAddressAfter is < 1 or > 100)
            yield return $"SignIn:ChallengeAddressAfter must be between 1 and 100; it is {ChallengeAddressAfter}.";
        if (ForgetAddressAfter < ForgetAfter || ForgetAddressAfter > TimeSpan.FromDays(30))
            yield return $"SignIn:ForgetAddressAfter must be between SignIn:ForgetAfter and 30 days; it is {ForgetAddressAfter}.";
        if (MaxPerClient is < 1 or > 1_000_000)
            yield return $"SignIn:MaxPerClient must be between 1 and 1000000; it is {MaxPerClient}.";
        foreach (var (index, role) in RequireSecondFactorFor.Index())
        {
            if (role is not (Role.Manager or Role.Admin))
                yield return $"SignIn:RequireSecondFactorFor:{index} must be Manager or Admin; it is {role}.";
        }

        if (ChallengeClientAfter < 1 || ChallengeClientAfter > MaxPerClient)
            yield return $"SignIn:ChallengeClientAfter must be between 1 and SignIn:MaxPerClient; it is {ChallengeClientAfter}.";
    }
}
