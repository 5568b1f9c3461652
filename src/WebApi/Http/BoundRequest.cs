using System.Buffers;
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
    private const int InitialLength = 512;
    private const int MaxKeptLength = 16 * 1024;

    private static readonly JsonSerializerOptions Canonical = Create();

    // One entry for each use case that has a key.
    private static readonly ConcurrentDictionary<Type, UseCaseFields> Fields = new();

    // Each thread keeps one, unless a large request made it long.
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _text;

    [ThreadStatic]
    private static Utf8JsonWriter? _json;

    /// <summary>The fingerprint of the method, the route and all fields of a use case, with the ids that come from the path.</summary>
    public static RequestFingerprint FingerprintOf(HttpContext context, object useCase)
    {
        var route = context.GetEndpoint() as RouteEndpoint
            ?? throw new InvalidOperationException("A request with an idempotency key needs a route.");
        var fields = Fields.GetOrAdd(useCase.GetType(), static type => UseCaseFields.Of(type));
        var text = _text ??= new ArrayBufferWriter<byte>(InitialLength);
        text.ResetWrittenCount();
        List<(string Name, ReadOnlyMemory<byte> Value)> values = new(fields.Names.Length);
        for (var n = 0; n < fields.Names.Length; n++)
        {
            if (fields.Properties[n].Get!(useCase) is { } value)
                values.Add((fields.Names[n], Write(text, value, fields.Types[n])));
        }

        var fingerprint = new RequestFingerprint(
            $"{context.Request.Method} {route.RoutePattern.RawText} {context.Request.RouteValues.GetValueOrDefault("version")}",
            values,
            fields.Names);
        if (text.Capacity > MaxKeptLength)
            (_text, _json) = (null, null);
        return fingerprint;
    }

    private static ReadOnlyMemory<byte> Write(ArrayBufferWriter<byte> text, object value, JsonTypeInfo type)
    {
        var start = text.WrittenCount;
        if (_json is null)
            _json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = Canonical.Encoder, SkipValidation = true });
        else
            _json.Reset(text);
        JsonSerializer.Serialize(_json, value, type);
        return text.WrittenMemory[start..];
    }

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

    /// <summary>The fields of a use case in the ordinal order of their names, as clients write them.</summary>
    private sealed record UseCaseFields(string[] Names, JsonPropertyInfo[] Properties, JsonTypeInfo[] Types)
    {
        public static UseCaseFields Of(Type useCase)
        {
            // A file that is read while it arrives is compared by its hash, which is a field of its own.
            var properties = Canonical.GetTypeInfo(useCase).Properties
                .Where(property => property.PropertyType != typeof(Stream))
                .OrderBy(property => NameOf(property), StringComparer.Ordinal)
                .ToArray();
            return new UseCaseFields(
                [.. properties.Select(NameOf)],
                properties,
                [.. properties.Select(property => Canonical.GetTypeInfo(property.PropertyType))]);
        }

        private static string NameOf(JsonPropertyInfo property) => JsonNamingPolicy.CamelCase.ConvertName(property.Name);
    }
}

/// <summary>The use case of the current request, and how its result is answered.</summary>
internal sealed record SentUseCase(object UseCase, Func<object, Microsoft.AspNetCore.Mvc.ActionResult> AnswerOf);
