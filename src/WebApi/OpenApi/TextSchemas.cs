using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Portico.Domain.Common;

namespace Portico.WebApi.OpenApi;

/// <summary>Adds the schemas of types with custom JSON converters, which the framework can't inspect.</summary>
internal sealed class TextSchemas : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        var text = context.JsonPropertyInfo is { IsGetNullable: true } or { IsSetNullable: true }
            ? JsonSchemaType.String | JsonSchemaType.Null
            : JsonSchemaType.String;
        if (type == typeof(string) || type.IsEnum)
        {
            schema.Type = text;
        }
        else if (type == typeof(DateTimeOffset))
        {
            schema.Type = text;
            schema.Format = "date-time";
        }
        else if (type == typeof(Money))
        {
            schema.Type = text == JsonSchemaType.String ? JsonSchemaType.Object : JsonSchemaType.Object | JsonSchemaType.Null;
            schema.Properties = new Dictionary<string, IOpenApiSchema>(
                StringComparer.Ordinal)
            { ["amount"] = Text("^(0|[1-9][0-9]*)(\\.[0-9]+)?$"), ["currency"] = Text("^[A-Z]{3,5}$") };
            schema.Required = new HashSet<string>(StringComparer.Ordinal) { "amount", "currency" };
        }
        else if (context.JsonTypeInfo is { Kind: JsonTypeInfoKind.Dictionary } && context.JsonTypeInfo.ElementType == typeof(string))
        {
            schema.AdditionalProperties = Text();
        }
        else if (context.JsonTypeInfo.ElementType == typeof(string))
        {
            schema.Items = Text();
        }
        else if (context.JsonTypeInfo.ElementType == typeof(string[]))
        {
            schema.AdditionalProperties = new OpenApiSchema { Type = JsonSchemaType.Array, Items = Text() };
        }

        return Task.CompletedTask;
    }

    private static OpenApiSchema Text(string? pattern = null) => new() { Type = JsonSchemaType.String, Pattern = pattern };
}
