using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.OpenApi;
using Portico.Application.Common.Security;
using Portico.WebApi.Cookies;
using Portico.WebApi.Http;

namespace Portico.WebApi.OpenApi;

/// <summary>Documents who may call each operation and its errors, from the access attribute of its use case.</summary>
internal sealed class OperationTransformer : IOpenApiOperationTransformer
{
    public async Task TransformAsync(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        // Query parameters are case-insensitive, and documented in camelCase.
        var parameters = operation.Parameters?.OfType<OpenApiParameter>() ?? [];
        foreach (var parameter in parameters.Where(parameter => parameter.In != ParameterLocation.Header))
            parameter.Name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!);

        // An optional body is not a nullable body.
        foreach (var body in operation.RequestBody?.Content?.Values.OfType<OpenApiMediaType>() ?? [])
        {
            if (body.Schema?.OneOf?.FirstOrDefault(schema => schema is not OpenApiSchema { Type: JsonSchemaType.Null }) is { } meant)
                body.Schema = meant;
        }

        // The well-known documents have no use case.
        if (UseCaseOf(context) is not { } useCase)
            return;

        var access = useCase.GetCustomAttribute<AccessAttribute>()
            ?? throw new InvalidOperationException($"{useCase.Name} does not say who may send it.");
        RecordHeaders.Describe(operation, context.Description, useCase);
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var isLimited = !metadata.OfType<NoRateLimitAttribute>().Any();
        if (metadata.OfType<CsvBodyAttribute>().SingleOrDefault() is { } csv)
            operation.RequestBody = CsvBody(csv);
        SortedSet<int> statuses = [.. metadata.OfType<ProducesErrorsAttribute>().SelectMany(refuses => refuses.Statuses)];
        if (isLimited)
            statuses.Add(StatusCodes.Status429TooManyRequests);
        if (operation.RequestBody is not null)
            statuses.UnionWith(
                [StatusCodes.Status400BadRequest, StatusCodes.Status413PayloadTooLarge, StatusCodes.Status415UnsupportedMediaType]);
        else if (operation.Parameters is { Count: > 0 })
            statuses.Add(StatusCodes.Status400BadRequest);
        statuses.UnionWith(RecordHeaders.Statuses(operation));
        if (access is not AnonymousAttribute)
        {
            statuses.Add(StatusCodes.Status401Unauthorized);
            string[] schemes = metadata.OfType<NeedsCookieAttribute>().Any()
                ? [SecuritySchemes.Cookie]
                : [SecuritySchemes.Bearer, SecuritySchemes.Cookie];
            operation.Security =
            [
                .. schemes.Select(
                    scheme => new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, context.Document)] = [] }),
            ];
        }

        if (access is RequirePermissionAttribute required)
        {
            statuses.Add(StatusCodes.Status403Forbidden);
            operation.Description = $"{operation.Description}\n\nNeeds the permission `{required.Permission}`.".Trim();
        }

        operation.Responses ??= [];
        context.Document!.AddComponent(
            nameof(Problem), await context.GetOrCreateSchemaAsync(typeof(Problem), parameterDescription: null, cancellationToken));
        foreach (var status in statuses)
        {
            operation.Responses[status.ToString()] = new OpenApiResponse
            {
                Description = ReasonPhrases.GetReasonPhrase(status),
                Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
                {
                    [Problem.MediaType] = new() { Schema = new OpenApiSchemaReference(nameof(Problem), context.Document) },
                },
            };
        }

        if (isLimited)
            RateLimitHeaders.Describe(operation.Responses);
    }

    private static OpenApiRequestBody CsvBody(CsvBodyAttribute csv) => new()
    {
        Required = true,
        Content = new Dictionary<string, OpenApiMediaType>(StringComparer.Ordinal)
        {
            [CsvBodyAttribute.MediaType] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.String }, Example = csv.Example },
        },
    };

    private static Type? UseCaseOf(OpenApiOperationTransformerContext context)
    {
        var action = context.Description.ActionDescriptor;
        return UseCaseAttribute.Find(action.EndpointMetadata, action.Parameters.Select(parameter => parameter.ParameterType));
    }
}
