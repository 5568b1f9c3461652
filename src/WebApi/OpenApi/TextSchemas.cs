using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Portico.WebApi.OpenApi;

/// <summary>Describes what converters of our own write, which the framework can't look into.</summary>
internal sealed class TextSchemas : IOpenApiSchemaTransformer
{
    public Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        var text = context.JsonPropertyInfo is { IsGetNullable: true } or { IsSetNullable: true } ? JsonSchemaType.String | JsonSchemaType.Null : JsonSchemaType.String;
        if (type == typeof(string) || type.IsEnum)
        {
            schema.Type = text;
        }
        else if (type == typeof(DateTimeOffset))
        {
            schema.Type = text;
            schema.Format = "date-time";
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

    private static OpenApiSchema Text() => new() { Type = JsonSchemaType.String };
}
