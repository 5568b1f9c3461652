using System.Text;
using System.Text.Json;
using Portico.Domain.Users;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>The names of the roles in tokens.</summary>
public static class RoleNames
{
    private static readonly (Role Role, string Text, byte[] Name)[] All =
    [
        .. Enum.GetValues<Role>().Select(role => (role, JsonNamingPolicy.CamelCase.ConvertName(role.ToString())))
            .Select(role => (role.role, role.Item2, Encoding.ASCII.GetBytes(role.Item2))),
    ];

    public static string TextOf(Role role) => Array.Find(All, entry => entry.Role == role).Text;

    internal static ReadOnlySpan<byte> Of(Role role) => Array.Find(All, entry => entry.Role == role).Name;

    internal static Role? Find(JsonElement name)
    {
        foreach (var entry in All)
        {
            if (name.ValueEquals(entry.Name))
                return entry.Role;
        }

        return null;
    }
}
