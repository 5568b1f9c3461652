using System.ComponentModel.DataAnnotations;
using Portico.Application.Auth;
using Portico.Domain.Users;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.SignIn;

/// <summary>Settings of the delays after failed sign-ins, and of challenges.</summary>
public sealed class SignInSettings : ISettings, ISecondFactorRequirement
{
    public static string Section => "SignIn";

    /// <summary>The number of failures of one address from one client without a delay.</summary>
    [Range(0, 20)]
    public int FreeFailures { get; init; } = 2;

    /// <summary>The first delay; each further failure doubles it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After this time without an attempt the failures of an address from a client are reset.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>After this many failures of one address from one client a challenge is required.</summary>
    [Range(1, 100)]
    public int ChallengeAfter { get; init; } = 5;

    /// <summary>After this many failures of one address from all clients a challenge is required.</summary>
    [Range(1, 100)]
    public int ChallengeAddressAfter { get; init; } = 10;

    /// <summary>After this time without a failure the failures of an address from all clients are reset.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "30.00:00:00")]
    public TimeSpan ForgetAddressAfter { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// After this many failures of one client in 15 minutes, over all addresses, a challenge is required; IPv6 counts by /64.
    /// </summary>
    [Range(1, 1_000_000)]
    public int ChallengeClientAfter { get; init; } = 30;

    /// <summary>The maximum number of failures of one client in 15 minutes, over all addresses; IPv6 counts by /64.</summary>
    [Range(1, 1_000_000)]
    public int MaxPerClient { get; init; } = 100;

    /// <summary>The roles that need a second factor: <c>Manager</c>, <c>Admin</c> or both; the role of new users never needs one.</summary>
    public Role[] RequireSecondFactorFor { get; init; } = [];

    public bool HoldsFor(Role role) => RequireSecondFactorFor.Contains(role);

    public IEnumerable<string> Problems()
    {
        if (FirstDelay > LongestDelay)
            yield return $"SignIn:FirstDelay must be at most SignIn:LongestDelay; it is {FirstDelay}.";
        if (LongestDelay > ForgetAfter)
            yield return $"SignIn:LongestDelay must be at most SignIn:ForgetAfter; it is {LongestDelay}.";
        if (ForgetAddressAfter < ForgetAfter)
            yield return $"SignIn:ForgetAddressAfter must be at least SignIn:ForgetAfter; it is {ForgetAddressAfter}.";
        foreach (var (index, role) in RequireSecondFactorFor.Index())
        {
            if (role is not (Role.Manager or Role.Admin))
                yield return $"SignIn:RequireSecondFactorFor:{index} must be Manager or Admin; it is {role}.";
        }

        if (ChallengeClientAfter > MaxPerClient)
            yield return $"SignIn:ChallengeClientAfter must be at most SignIn:MaxPerClient; it is {ChallengeClientAfter}.";
    }
}
