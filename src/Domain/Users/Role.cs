namespace Portico.Domain.Users;

/// <summary>The role of a user; each role includes the lower ones.</summary>
public enum Role
{
    User = 1,
    Manager = 2,
    Admin = 3,
}

/// <summary>Extension methods for <see cref="Role"/>.</summary>
public static class RoleRanks
{
    /// <summary>The role and all lower roles, highest first.</summary>
    public static IReadOnlyList<Role> Implied(this Role role) =>
        [.. Enum.GetValues<Role>().Where(lower => lower <= role).OrderDescending()];
}
