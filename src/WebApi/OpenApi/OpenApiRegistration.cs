using System.Text.RegularExpressions;

namespace Portico.WebApi.OpenApi;

/// <summary>Generates the OpenAPI documents from the code: one for each version of the API.</summary>
internal static class OpenApiRegistration
{
    public const string Document = "/openapi/v1.json";

    public static IServiceCollection AddOpenApiDocument(this IServiceCollection services, string version) =>
        services.AddSingleton(new DocumentName(version)).AddOpenApi(version, options =>
        {
            options.AddDocumentTransformer<SecuritySchemes>();
            options.AddDocumentTransformer<AnswerFields>();
            options.AddOperationTransformer<OperationTransformer>();
            options.AddOperationTransformer<VersionLifetime>();
            options.AddSchemaTransformer<TextSchemas>();
            options.AddSchemaTransformer<DashboardSchema>();
        });

    /// <summary>Maps the documents that there are: for any other name the framework would answer in plain text.</summary>
    public static void MapOpenApiDocuments(this WebApplication app)
    {
        var names = string.Join('|', app.Services.GetServices<DocumentName>().Select(name => Regex.Escape(name.Value)));
        app.MapOpenApi($"/openapi/{{documentName:regex(^({names})$)}}.json");
    }

    private sealed record DocumentName(string Value);
}
