using Google.Protobuf;
using Google.Protobuf.Reflection;
using Portico.Application.Common.Json;

namespace Portico.WebApi.Rpc;

/// <summary>Checks the texts of a request by the rule of the REST API, whose JSON can't contain them either.</summary>
internal static class RpcTexts
{
    /// <summary>The messages of each field with a text that PostgreSQL can't store, by its camelCase name.</summary>
    public static Dictionary<string, string[]> Problems(IMessage request)
    {
        var problems = new Dictionary<string, string[]>(StringComparer.Ordinal);
        Find(request, problems);
        return problems;
    }

    private static void Find(IMessage message, Dictionary<string, string[]> problems)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var value = field.Accessor.GetValue(message);
            if (value is string text && !TextConverter.IsStorable(text))
                problems[field.JsonName] = [TextConverter.Problem];
            else if (field.FieldType == FieldType.Message && value is IMessage nested)
                Find(nested, problems);
        }
    }
}
