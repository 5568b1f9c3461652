using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Sessions;

/// <summary>Settings of sessions and refresh tokens.</summary>
public sealed class SessionSettings : ISettings
{
    public static string Section => "Sessions";

    /// <summary>The key that signs refresh tokens: at least 32 random bytes in base64, the same for all replicas.</summary>
    public string Key { get; init; } = "";

    /// <summary>A session ends when it is not refreshed for this time.</summary>
    public TimeSpan IdleLifetime { get; init; } = TimeSpan.FromDays(14);

    /// <summary>A session ends after this time, also when it is in use.</summary>
    public TimeSpan AbsoluteLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>The grace period: for this time after a refresh the previous refresh token gives the same successor.</summary>
    public TimeSpan ReuseGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The maximum number of sessions of a user; one more ends the oldest.</summary>
    public int MaxPerUser { get; init; } = 100;

    /// <summary>For this time after its sign-in a session may change the ways to sign in.</summary>
    public TimeSpan FreshFor { get; init; } = TimeSpan.FromMinutes(10);

    internal byte[] KeyBytes => Convert.FromBase64String(Key);

    public IEnumerable<string> Problems()
    {
        if (SecretKeys.Problem("Sessions:Key", Key) is { } problem)
            yield return problem;
        if (IdleLifetime < TimeSpan.FromMinutes(1) || IdleLifetime > AbsoluteLifetime)
            yield return $"Sessions:IdleLifetime must be between 1 minute and Sessions:AbsoluteLifetime; it is {IdleLifetime}.";
        if (AbsoluteLifetime > TimeSpan.FromDays(365))
            yield return $"Sessions:AbsoluteLifetime must be at most 365 days; it is {AbsoluteLifetime}.";
        if (ReuseGrace < TimeSpan.Zero || ReuseGrace > TimeSpan.FromMinutes(1))
            yield return $"Sessions:ReuseGrace must be between 0 and 1 minute; it is {ReuseGrace}.";
        if (FreshFor < TimeSpan.FromMinutes(1) || FreshFor > TimeSpan.FromDays(1))
            yield return $"Sessions:FreshFor must be between 1 minute and 1 day; it is {FreshFor}.";
        if (MaxPerUser is < 1 or > 1000)
            yield return $"Sessions:MaxPerUser must be between 1 and 1000; it is {MaxPerUser}.";
    }
}
