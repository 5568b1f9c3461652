using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Sessions;

/// <summary>Settings of sessions and refresh tokens.</summary>
public sealed class SessionSettings : ISettings
{
    public static string Section => "Sessions";

    /// <summary>The key that signs refresh tokens: at least 32 random bytes in base64, the same for all replicas.</summary>
    public string Key { get; init; } = "";

    /// <summary>A session ends when it is not refreshed for this time.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan IdleLifetime { get; init; } = TimeSpan.FromDays(14);

    /// <summary>A session ends after this time, also when it is in use.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan AbsoluteLifetime { get; init; } = TimeSpan.FromDays(90);

    /// <summary>The grace period: for this time after a refresh the previous refresh token gives the same successor.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan ReuseGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The maximum number of sessions of a user; one more ends the oldest.</summary>
    [Range(1, 1_000)]
    public int MaxPerUser { get; init; } = 100;

    /// <summary>For this time after its sign-in a session may change the ways to sign in.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan FreshFor { get; init; } = TimeSpan.FromMinutes(10);

    internal byte[] KeyBytes => Convert.FromBase64String(Key);

    public IEnumerable<string> Problems()
    {
        if (SecretKeys.Problem("Sessions:Key", Key) is { } problem)
            yield return problem;
        if (IdleLifetime > AbsoluteLifetime)
            yield return $"Sessions:IdleLifetime must be at most Sessions:AbsoluteLifetime; it is {IdleLifetime}.";
    }
}
