namespace Portico.Domain.Users;

/// <summary>The rank of a person; each one can do all that the lower ones can.</summary>
public enum Role
{
    User = 1,
    Manager = 2,
    Admin = 3,
}

public static class RoleRanks
{
    /// <summary>The role and all that it implies, highest first.</summary>
    public static IReadOnlyList<Role> Implied(this Role role) =>
        [.. Enum.GetValues<Role>().Where(lower => lower <= role).OrderDescending()];
}
