using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Redis;

/// <summary>How failed sign-ins are slowed down.</summary>
public sealed class SignInSettings : ISettings
{
    public static string Section => "SignIn";

    /// <summary>How many failures of one address from one client bring no delay.</summary>
    public int FreeFailures { get; init; } = 2;

    /// <summary>The delay after the first failure that brings one; each later failure doubles it.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>After this long without an attempt the failures are forgotten.</summary>
    public TimeSpan ForgetAfter { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How many attempts one client may make in 15 minutes, for all addresses together; IPv6 counts by /64.</summary>
    public int MaxPerClient { get; init; } = 100;

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
        if (MaxPerClient is < 1 or > 1_000_000)
            yield return $"SignIn:MaxPerClient must be between 1 and 1000000; it is {MaxPerClient}.";
    }
}
