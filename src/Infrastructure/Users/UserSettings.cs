using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Users;

/// <summary>Settings of deleted users.</summary>
public sealed class UserSettings : ISettings
{
    public static string Section => "Users";

    /// <summary>How long the contact address of a deleted user stays reserved.</summary>
    public TimeSpan Retention { get; init; } = TimeSpan.FromDays(30);

    public IEnumerable<string> Problems()
    {
        if (Retention < TimeSpan.Zero || Retention > TimeSpan.FromDays(3650))
            yield return $"Users:Retention must be between 0 and 3650 days; it is {Retention}.";
    }
}
