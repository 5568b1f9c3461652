using System.Collections.Concurrent;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Portico.Application.Common.Messaging;

namespace Portico.WebApi.Http;

/// <summary>Compares requests by what was bound of them, so that white space, escapes and the order of fields do not matter.</summary>
internal static class BoundRequest
{
    private static readonly JsonSerializerOptions Canonical = Create();

    // One entry for each use case that has a key.
    private static readonly ConcurrentDictionary<Type, (string Name, JsonPropertyInfo Property, JsonTypeInfo Type)[]> Fields = new();

    /// <summary>The fingerprint of the method, the route and all fields of a use case, with the ids that come from the path.</summary>
    public static RequestFingerprint FingerprintOf(HttpContext context, object useCase)
    {
        var route = context.GetEndpoint() as RouteEndpoint
            ?? throw new InvalidOperationException("A request with an idempotency key needs a route.");
        var fields = Fields.GetOrAdd(useCase.GetType(), static type => FieldsOf(type));
        List<(string Name, byte[] Value)> values = new(fields.Length);
        foreach (var (name, property, type) in fields)
        {
            if (property.Get!(useCase) is { } value)
                values.Add((name, JsonSerializer.SerializeToUtf8Bytes(value, type)));
        }

        return new RequestFingerprint(
            $"{context.Request.Method} {route.RoutePattern.RawText} {context.Request.RouteValues.GetValueOrDefault("version")}",
            values,
            fields.Select(field => field.Name));
    }

    private static (string Name, JsonPropertyInfo Property, JsonTypeInfo Type)[] FieldsOf(Type useCase) =>
    [
        .. Canonical.GetTypeInfo(useCase).Properties.Select(property => (
            JsonNamingPolicy.CamelCase.ConvertName(property.Name), property, Canonical.GetTypeInfo(property.PropertyType))),
    ];

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(ApiJson.Options)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { ReadIgnored } },
        };
        // It cuts to milliseconds, and the times of two requests may differ by less.
        options.Converters.Remove(options.Converters.Single(converter => converter is UtcTimeConverter));
        options.MakeReadOnly();
        return options;
    }

    // What no body contains comes from the path, and belongs to the request too.
    private static void ReadIgnored(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property is { Get: null, AttributeProvider: PropertyInfo { GetMethod: not null } ignored })
                property.Get = ignored.GetValue;
        }
    }
}

/// <summary>The use case of the current request, and how its result is answered.</summary>
internal sealed record SentUseCase(object UseCase, Func<object, Microsoft.AspNetCore.Mvc.ActionResult> AnswerOf);
