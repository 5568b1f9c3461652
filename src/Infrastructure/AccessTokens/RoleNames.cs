using System.Text;
using System.Text.Json;
using Portico.Domain.Users;

namespace Portico.Infrastructure.AccessTokens;

/// <summary>The names of the roles in tokens.</summary>
internal static class RoleNames
{
    private static readonly (Role Role, byte[] Name)[] All =
    [
        .. Enum.GetValues<Role>().Select(role => (role, Encoding.ASCII.GetBytes(JsonNamingPolicy.CamelCase.ConvertName(role.ToString())))),
    ];

    public static ReadOnlySpan<byte> Of(Role role) => All.First(entry => entry.Role == role).Name;

    public static Role? Find(JsonElement name)
    {
        foreach (var entry in All)
        {
            if (name.ValueEquals(entry.Name))
                return entry.Role;
        }

        return null;
    }
}
