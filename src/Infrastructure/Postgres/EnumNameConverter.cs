using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Portico.Infrastructure.Postgres;

/// <summary>Keeps an enum by its camelCase name, the same as in JSON, so that a row can be read without the code.</summary>
internal sealed class EnumNameConverter<TEnum>() : ValueConverter<TEnum, string>(
    value => JsonNamingPolicy.CamelCase.ConvertName(value.ToString()),
    name => Enum.Parse<TEnum>(name, true))
    where TEnum : struct, Enum;
