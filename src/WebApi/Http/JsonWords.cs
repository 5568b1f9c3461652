using System.Collections;
using System.Text.Json;
using Portico.Domain.Common;

namespace Portico.WebApi.Http;

/// <summary>Describes the expected JSON form of a value.</summary>
internal static class JsonWords
{
    public static string Expected(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsEnum)
            return $"Must be one of: {string.Join(", ", Enum.GetNames(type).Select(JsonNamingPolicy.CamelCase.ConvertName))}.";
        if (type == typeof(string))
            return "Must be text.";
        if (type == typeof(bool))
            return "Must be true or false.";
        if (type == typeof(Guid))
            return "Must be a UUID, such as 0197f2a0-4f6b-7c1d-9a55-2b8f0f0f5a10.";
        if (type == typeof(DateTimeOffset))
            return "Must be a time with its offset, such as 2026-11-21T10:00:00.123Z.";
        if (type == typeof(DateOnly))
            return "Must be a date, such as 2026-11-21.";
        if (type == typeof(byte) || type == typeof(short) || type == typeof(int))
            return $"Must be a whole number of at most {MaxOf(type)}.";
        if (type == typeof(long) || type == typeof(uint) || type == typeof(ulong))
            return "Must be a whole number.";
        if (type == typeof(Money))
            return "Must be an object such as {\"amount\":\"12.34\",\"currency\":\"EUR\"}.";
        if (type == typeof(decimal) || type == typeof(double) || type == typeof(float))
            return "Must be a number.";
        return typeof(IEnumerable).IsAssignableFrom(type)
            && !typeof(IDictionary).IsAssignableFrom(type) ? "Must be a list." : "Must be an object.";
    }

    private static object MaxOf(Type type) => type == typeof(byte) ? byte.MaxValue : type == typeof(short) ? short.MaxValue : int.MaxValue;
}
