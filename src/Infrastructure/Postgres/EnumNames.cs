using System.Text.Json;

namespace Portico.Infrastructure.Postgres;

/// <summary>The names of enum values in SQL that EF does not write: camelCase, as in JSON.</summary>
internal static class EnumNames<TEnum>
    where TEnum : struct, Enum
{
    private static readonly TEnum[] Values = Enum.GetValues<TEnum>();
    private static readonly string[] Names = [.. Values.Select(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()))];

    public static string Of(TEnum value) => Names[Array.IndexOf(Values, value)];

    public static TEnum Read(string name) => Array.IndexOf(Names, name) is >= 0 and var at
        ? Values[at]
        : throw new InvalidOperationException($"{name} is not a {typeof(TEnum).Name}.");
}
