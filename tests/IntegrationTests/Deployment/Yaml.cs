using System.Text.Json;
using YamlDotNet.Serialization;

namespace Portico.IntegrationTests.Deployment;

/// <summary>Reads YAML files as JSON, which tests can walk through.</summary>
internal static class Yaml
{
    /// <summary>The one document of a file, relative to the repository.</summary>
    public static JsonElement Read(string path)
    {
        // Only plain scalars become numbers and booleans, as in every program that reads these files.
        var document = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build()
            .Deserialize<object?>(File.ReadAllText(Repository.File(path)));
        return JsonSerializer.SerializeToElement(Plain(document));
    }

    private static object? Plain(object? node) => node switch
    {
        IDictionary<object, object?> map => map.ToDictionary(item => $"{item.Key}", item => Plain(item.Value), StringComparer.Ordinal),
        IList<object?> list => list.Select(Plain).ToArray(),
        _ => node,
    };
}
