using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.SignIn;

/// <summary>Settings of codes and their limits.</summary>
public sealed class OtpSettings : ISettings
{
    public static string Section => "Otp";

    /// <summary>
    /// The key of the MACs of codes and addresses in Redis: at least 32 random bytes in base64, the same for all replicas.
    /// </summary>
    public string Key { get; init; } = "";

    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(10);
    public TimeSpan ResendAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The maximum number of tries within one <see cref="Lifetime"/>, for one code or several.</summary>
    public int MaxTries { get; init; } = 5;

    public int MaxPerHour { get; init; } = 5;
    public int MaxPerDay { get; init; } = 10;

    /// <summary>The maximum number of codes that one client requests in an hour, over all addresses; IPv6 counts by /64.</summary>
    public int MaxPerHourAndClient { get; init; } = 30;

    /// <summary>The maximum number of codes that one client tries in an hour, over all addresses; IPv6 counts by /64.</summary>
    public int MaxTriesPerHourAndClient { get; init; } = 100;

    internal byte[] KeyBytes => Convert.FromBase64String(Key);

    public IEnumerable<string> Problems()
    {
        if (SecretKeys.Problem("Otp:Key", Key) is { } problem)
            yield return problem;
        if (Lifetime < TimeSpan.FromMinutes(1) || Lifetime > TimeSpan.FromHours(1))
            yield return $"Otp:Lifetime must be between 1 minute and 1 hour; it is {Lifetime}.";
        if (ResendAfter < TimeSpan.FromSeconds(1) || ResendAfter > Lifetime)
            yield return $"Otp:ResendAfter must be between 1 second and Otp:Lifetime; it is {ResendAfter}.";
        if (MaxTries is < 1 or > 10)
            yield return $"Otp:MaxTries must be between 1 and 10; it is {MaxTries}.";
        if (MaxPerHour is < 1 or > 100)
            yield return $"Otp:MaxPerHour must be between 1 and 100; it is {MaxPerHour}.";
        if (MaxPerDay < MaxPerHour || MaxPerDay > 1000)
            yield return $"Otp:MaxPerDay must be between Otp:MaxPerHour and 1000; it is {MaxPerDay}.";
        if (MaxPerHourAndClient is < 1 or > 1_000_000)
            yield return $"Otp:MaxPerHourAndClient must be between 1 and 1000000; it is {MaxPerHourAndClient}.";
        if (MaxTriesPerHourAndClient is < 1 or > 1_000_000)
            yield return $"Otp:MaxTriesPerHourAndClient must be between 1 and 1000000; it is {MaxTriesPerHourAndClient}.";
    }
}
