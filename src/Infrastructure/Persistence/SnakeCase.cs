using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace Portico.Infrastructure.Persistence;

/// <summary>Names columns as PostgreSQL does: <c>DisplayName</c> is <c>display_name</c>.</summary>
internal static class SnakeCase
{
    public static void Apply(IMutableEntityType entity)
    {
        foreach (var property in entity.GetProperties())
            property.SetColumnName(JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
    }
}
