using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Portico.Infrastructure.Postgres;

/// <summary>Stores an enum as its camelCase name, as in JSON, so that rows are readable without the code.</summary>
internal sealed class EnumNameConverter<TEnum>() : ValueConverter<TEnum, string>(
    value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()),
    name => Enum.Parse<TEnum>(name, true))
    where TEnum : struct, Enum;
