using System.Reflection;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.WebApi.Http;

namespace Portico.WebApi.OpenApi;

/// <summary>Documents the headers of records: <c>ETag</c>, <c>If-Match</c> and <c>Idempotency-Key</c>.</summary>
internal static class RecordHeaders
{
    private const string ExampleTag = "\"AAAAAAAAAAE\"";

    public static void Describe(OpenApiOperation operation, ApiDescription action, Type useCase)
    {
        if (Find(operation, HeaderNames.IfMatch) is { } ifMatch)
        {
            ifMatch.Required = true;
            ifMatch.Description =
                "The `ETag` of the last read of the record, or a list of tags; a weak tag counts as well. `*` accepts any version.";
            ifMatch.Schema = Text(ExampleTag);
        }

        if (TakesKey(action, useCase))
        {
            operation.Parameters ??= [];
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = IdempotencyKey.Header,
                In = ParameterLocation.Header,
                Required = typeof(INeedsIdempotencyKey).IsAssignableFrom(useCase),
                Description =
                    "A key of your choice. A repetition with the same key and values has no effect and gets the first answer again, " +
                    "with `Idempotency-Replayed: true`.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MinLength = 1, MaxLength = IdempotencyKey.MaxLength },
            });
        }

        foreach (var answer in action.SupportedResponseTypes.Where(answer => typeof(IVersionedDto).IsAssignableFrom(answer.Type)))
        {
            if (operation.Responses?.GetValueOrDefault(answer.StatusCode.ToString()) is not OpenApiResponse response)
                continue;
            response.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
            response.Headers[HeaderNames.ETag] =
                new OpenApiHeader { Description = "The version of the record, for `If-Match`.", Schema = Text(ExampleTag) };
        }
    }

    /// <summary>The error statuses that these headers can cause.</summary>
    public static IEnumerable<int> Statuses(OpenApiOperation operation)
    {
        if (Find(operation, HeaderNames.IfMatch) is not null)
        {
            yield return StatusCodes.Status412PreconditionFailed;
            yield return StatusCodes.Status428PreconditionRequired;
        }

        if (Find(operation, IdempotencyKey.Header) is not null)
            yield return StatusCodes.Status422UnprocessableEntity;
    }

    private static bool TakesKey(ApiDescription action, Type useCase) =>
        HttpMethods.IsPost(action.HttpMethod ?? "") && useCase.GetCustomAttribute<AccessAttribute>() is not AnonymousAttribute &&
        !action.ActionDescriptor.EndpointMetadata.OfType<IgnoresIdempotencyKeyAttribute>().Any();

    private static OpenApiParameter? Find(OpenApiOperation operation, string header) =>
        operation.Parameters?.OfType<OpenApiParameter>()
            .FirstOrDefault(parameter => parameter.In == ParameterLocation.Header && parameter.Name == header);

    private static OpenApiSchema Text(string example) => new() { Type = JsonSchemaType.String, Examples = [example] };
}
