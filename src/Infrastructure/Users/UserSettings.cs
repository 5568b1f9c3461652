using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Users;

/// <summary>Settings of users: how long deleted ones are kept, and how many records each may own.</summary>
public sealed class UserSettings : ISettings
{
    public static string Section => "Users";

    /// <summary>How long the contact address of a deleted user stays reserved.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "3650.00:00:00")]
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(30);

    /// <summary>The maximum number of open wallets of a user.</summary>
    [Range(1, 100_000)]
    public int MaxWallets { get; init; } = 100;

    /// <summary>The maximum number of forecasts of a user that are not settled yet.</summary>
    [Range(1, 100_000)]
    public int MaxForecasts { get; init; } = 1_000;

    /// <summary>The maximum number of records of a user of each other kind, such as characters.</summary>
    [Range(1, 100_000)]
    public int MaxRecords { get; init; } = 1_000;
}
