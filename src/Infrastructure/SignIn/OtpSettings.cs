using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.SignIn;

/// <summary>Settings of codes and their limits.</summary>
public sealed class OtpSettings : ISettings
{
    /// <summary>The guesses of a day for one address, of 1,000,000 possible codes each: they hit with 3·10⁻⁴ at most.</summary>
    internal const int MaxGuesses = 300;

    /// <summary>The clients that have a share of their own: strangers in 8 networks, and the owner in two.</summary>
    internal const int Clients = 10;

    /// <summary>The number of newest codes that a try without a request id is compared with.</summary>
    internal const int LiveCodes = 3;

    public static string Section => "Otp";

    /// <summary>
    /// The key of the MACs of codes and addresses in Redis: at least 32 random bytes in base64, the same for all replicas.
    /// </summary>
    public string Key { get; init; } = "";

    [Range(typeof(TimeSpan), "00:01:00", "01:00:00")]
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The pause between two codes of one address and purpose that one client requests.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ResendAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The maximum number of tries of one code: with its request id, or without it from one client.</summary>
    [Range(1, 10)]
    public int MaxTries { get; init; } = 5;

    /// <summary>The maximum number of codes of one address that one client requests in an hour.</summary>
    [Range(1, 100)]
    public int MaxPerHour { get; init; } = 5;

    /// <summary>The maximum number of codes of one address that one client requests in a day.</summary>
    [Range(1, 1_000)]
    public int MaxPerDay { get; init; } = 10;

    /// <summary>The maximum number of codes of one address in a day, over all clients.</summary>
    public int MaxPerDayAndAddress { get; init; } = 40;

    /// <summary>How many of <see cref="MaxPerDayAndAddress"/> only a client gets from which the owner has signed in.</summary>
    [Range(0, 100)]
    public int ReservedPerDay { get; init; } = 5;

    /// <summary>How many codes of one address a client gets in a day while 8 other clients take all that they can.</summary>
    [Range(1, 100)]
    public int SharePerDay { get; init; } = 2;

    /// <summary>The maximum number of codes that one client requests in an hour, over all addresses; IPv6 counts by /64.</summary>
    [Range(1, 1_000_000)]
    public int MaxPerHourAndClient { get; init; } = 30;

    /// <summary>The maximum number of codes that one client tries in an hour, over all addresses; IPv6 counts by /64.</summary>
    [Range(1, 1_000_000)]
    public int MaxTriesPerHourAndClient { get; init; } = 100;

    /// <summary>The codes of a day that every client may request.</summary>
    internal int OpenPerDay => MaxPerDayAndAddress - ReservedPerDay;

    /// <summary>The codes of a day beyond the shares, for the clients that request first.</summary>
    internal int ExtraPerDay => Math.Max(0, Math.Min(MaxPerDay - SharePerDay, OpenPerDay - (Clients * SharePerDay)));

    /// <summary>
    /// The guesses of a day without a request id, over all clients; a guess that is compared with three codes counts as three.
    /// </summary>
    internal int FreeGuesses => MaxGuesses - (MaxPerDayAndAddress * MaxTries);

    /// <summary>The guesses without a request id that a client has while 8 other clients take all that they can.</summary>
    internal int ShareOfGuesses => Math.Max(LiveCodes, FreeGuesses / 14);

    /// <summary>The guesses of a day without a request id beyond the shares, for the clients that try first.</summary>
    internal int ExtraGuesses => FreeGuesses - (Clients * ShareOfGuesses);

    internal byte[] KeyBytes => Convert.FromBase64String(Key);

    public IEnumerable<string> Problems()
    {
        if (SecretKeys.Problem("Otp:Key", Key) is { } problem)
            yield return problem;
        if (ResendAfter > Lifetime)
            yield return $"Otp:ResendAfter must be at most Otp:Lifetime; it is {ResendAfter}.";
        if (MaxPerDay < MaxPerHour)
            yield return $"Otp:MaxPerDay must be at least Otp:MaxPerHour; it is {MaxPerDay}.";
        if (MaxPerDayAndAddress < ReservedPerDay + (Clients * SharePerDay))
        {
            yield return $"Otp:MaxPerDayAndAddress must be at least Otp:ReservedPerDay and {Clients} times Otp:SharePerDay; "
                + $"it is {MaxPerDayAndAddress}.";
        }

        // The rest of the guesses is for tries without a request id.
        if (MaxPerDayAndAddress > (MaxGuesses - (Clients * LiveCodes)) / Math.Max(1, MaxTries))
        {
            yield return $"Otp:MaxPerDayAndAddress times Otp:MaxTries must be at most {MaxGuesses - (Clients * LiveCodes)}, so that the "
                + $"guesses of a day hit rarely; they are {MaxPerDayAndAddress} and {MaxTries}.";
        }
    }
}
