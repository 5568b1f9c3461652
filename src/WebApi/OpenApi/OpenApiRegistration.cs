namespace Portico.WebApi.OpenApi;

/// <summary>Generates the OpenAPI documents from the code: one for each version of the API.</summary>
internal static class OpenApiRegistration
{
    public const string Document = "/openapi/v1.json";

    public static IServiceCollection AddOpenApiDocument(this IServiceCollection services, string version) =>
        services.AddOpenApi(version, options =>
        {
            options.AddDocumentTransformer<SecuritySchemes>();
            options.AddDocumentTransformer<AnswerFields>();
            options.AddOperationTransformer<OperationTransformer>();
            options.AddOperationTransformer<VersionLifetime>();
            options.AddSchemaTransformer<TextSchemas>();
            options.AddSchemaTransformer<DashboardSchema>();
        });
}
