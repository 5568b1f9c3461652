using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using Portico.Application.Dashboard;

namespace Portico.WebApi.OpenApi;

/// <summary>Says of each field of an answer that it is always there: the API writes a field without a value as null.</summary>
/// <remarks>A schema that requests have too keeps what requests must give. Only the parts of a dashboard may be left out.</remarks>
internal sealed class AnswerFields(DashboardParts parts) : IOpenApiDocumentTransformer
{
    public Task TransformAsync(OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellationToken)
    {
        var requests = new HashSet<IOpenApiSchema>();
        var answers = new HashSet<IOpenApiSchema>();
        foreach (var operation in document.Paths.Values.SelectMany(path => path.Operations?.Values.ToArray() ?? []))
        {
            AddAll(operation.RequestBody?.Content, requests);
            foreach (var (status, response) in operation.Responses ?? [])
            {
                if (status.StartsWith('2'))
                    AddAll(response.Content, answers);
            }
        }

        answers.ExceptWith(requests);
        foreach (var schema in answers.OfType<OpenApiSchema>().Where(schema => schema.Properties is { Count: > 0 }))
            schema.Required = schema.Properties!.Keys.Where(name => !IsPart(schema, name)).ToHashSet(StringComparer.Ordinal);
        return Task.CompletedTask;

        bool IsPart(OpenApiSchema schema, string name) =>
            document.Components?.Schemas?.TryGetValue(nameof(DashboardDto), out var dashboard) == true && schema == dashboard
            && parts.All.Any(part => part.Name == name);
    }

    private static void AddAll(IDictionary<string, OpenApiMediaType>? content, HashSet<IOpenApiSchema> found)
    {
        foreach (var media in content?.Values ?? [])
            Add(media.Schema, found);
    }

    private static void Add(IOpenApiSchema? schema, HashSet<IOpenApiSchema> found)
    {
        var target = schema is OpenApiSchemaReference reference ? reference.Target : schema;
        if (target is null || !found.Add(target))
            return;

        Add(target.Items, found);
        Add(target.AdditionalProperties, found);
        foreach (var part in (IEnumerable<IOpenApiSchema>)
            [.. target.Properties?.Values ?? [], .. target.OneOf ?? [], .. target.AnyOf ?? [], .. target.AllOf ?? []])
        {
            Add(part, found);
        }
    }
}
