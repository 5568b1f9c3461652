using System.Globalization;
using System.Text;
using Asp.Versioning;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Portico.WebApi.OpenApi;

/// <summary>Documents for each operation whether its version is deprecated, until when it is served, and a link with details.</summary>
internal sealed class VersionLifetime : IOpenApiOperationTransformer
{
    public Task TransformAsync(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var action = context.Description;
        var sentences = new StringBuilder();
        if (action.IsDeprecated)
        {
            operation.Deprecated = true;
            sentences.Append(CultureInfo.InvariantCulture, $"Version {action.ApiVersion} is deprecated");
            if (action.DeprecationPolicy?.Date is { } since)
                sentences.Append(CultureInfo.InvariantCulture, $" since {since:yyyy-MM-dd}");
            sentences.Append('.');
        }

        if (action.SunsetPolicy?.Date is { } end)
            sentences.Append(CultureInfo.InvariantCulture, $" It is served until {end:yyyy-MM-dd}.");
        foreach (var link in (IEnumerable<LinkHeaderValue>)[.. action.DeprecationPolicy?.Links ?? [], .. action.SunsetPolicy?.Links ?? []])
            sentences.Append(CultureInfo.InvariantCulture, $" See [{link.Title}]({link.LinkTarget}).");
        if (sentences.Length > 0)
            operation.Description = $"{operation.Description}\n\n{sentences}".Trim();
        return Task.CompletedTask;
    }
}
