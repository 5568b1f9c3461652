namespace Portico.Domain.Users;

/// <summary>Whether a user may sign in.</summary>
public enum UserStatus
{
    Active = 1,
    Blocked = 2,
}
