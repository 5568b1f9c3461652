using Google.Protobuf;
using Google.Protobuf.Reflection;
using Portico.Application.Common.Json;

namespace Portico.WebApi.Rpc;

/// <summary>Checks the texts of a request by the rule of the REST API, whose JSON can't contain them either.</summary>
internal static class RpcTexts
{
    /// <summary>The messages of each field with a text that PostgreSQL can't store, by its camelCase name.</summary>
    /// <returns><c>null</c> when all texts can be stored.</returns>
    public static Dictionary<string, string[]>? Problems(IMessage request)
    {
        Dictionary<string, string[]>? problems = null;
        Find(request, ref problems);
        return problems;
    }

    private static void Find(IMessage message, ref Dictionary<string, string[]>? problems)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (value is string text && !TextConverter.IsStorable(text))
                (problems ??= new(StringComparer.Ordinal))[field.JsonName] = [TextConverter.Problem];
            else if (field.FieldType == FieldType.Message && value is IMessage nested)
                Find(nested, ref problems);
        }
    }
}
