using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Users;

/// <summary>Settings of users: how long deleted ones are kept, and how many records each may own.</summary>
public sealed class UserSettings : ISettings
{
    public static string Section => "Users";

    /// <summary>How long the contact address of a deleted user stays reserved.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The maximum number of open wallets of a user.</summary>
    public int MaxWallets { get; init; } = 100;

    /// <summary>The maximum number of forecasts of a user that are not settled yet.</summary>
    public int MaxForecasts { get; init; } = 1_000;

    /// <summary>The maximum number of records of a user of each other kind, such as characters.</summary>
    public int MaxRecords { get; init; } = 1_000;

    public IEnumerable<string> Problems()
    {
        (string, int)[] limits = [("MaxWallets", MaxWallets), ("MaxForecasts", MaxForecasts), ("MaxRecords", MaxRecords)];
        foreach (var (name, max) in limits)
        {
            if (max is < 1 or > 100_000)
                yield return $"Users:{name} must be between 1 and 100000; it is {max}.";
        }

        if (Retention < TimeSpan.Zero || Retention > TimeSpan.FromDays(3650))
            yield return $"Users:Retention must be between 0 and 3650 days; it is {Retention}.";
    }
}
