using System.Text.Json;

namespace Portico.Infrastructure.Ledger;

/// <summary>The names of enum values in the tables of the ledger: camelCase, as in JSON.</summary>
internal static class LedgerNames<TEnum>
    where TEnum : struct, Enum
{
    private static readonly TEnum[] Values = Enum.GetValues<TEnum>();
    private static readonly string[] Names = [.. Values.Select(value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()))];

    public static string Of(TEnum value) => Names[Array.IndexOf(Values, value)];

    public static TEnum Read(string name) => Array.IndexOf(Names, name) is >= 0 and var at
        ? Values[at]
        : throw new InvalidOperationException($"{name} is not a {typeof(TEnum).Name}.");
}
