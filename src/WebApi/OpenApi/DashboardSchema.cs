using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Portico.Application.Dashboard;

namespace Portico.WebApi.OpenApi;

/// <summary>Adds the declared parts to the schema of the dashboard; each of them may be null or left out.</summary>
internal sealed class DashboardSchema(DashboardParts parts) : IOpenApiSchemaTransformer
{
    public async Task TransformAsync(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellationToken)
    {
        if (context.JsonTypeInfo.Type != typeof(DashboardDto))
            return;

        var properties = new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal);
        foreach (var part in parts.All)
        {
            var value = await context.GetOrCreateSchemaAsync(part.Value, parameterDescription: null, cancellationToken);
            properties.Add(part.Name, new OpenApiSchema { OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, value] });
        }

        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>(StringComparer.Ordinal))
            properties.Add(name, property);
        schema.Properties = properties;
    }
}
