using System.Text;
using Portico.Infrastructure.Events;

namespace Portico.WebApi.Http;

internal static class SchemaEndpoints
{
    /// <summary>Maps the JSON schemas that events name as their <c>dataschema</c>.</summary>
    public static void MapSchemas(this IEndpointRouteBuilder endpoints) => endpoints
        .MapGet("/schemas/{name}.json", (HttpContext context, string name) => Write(context, EventSchemas.Find(name)))
        .WithTags("Discovery").WithSummary("The JSON Schema of an event's data").Produces<object>(contentType: "application/schema+json");

    private static async Task Write(HttpContext context, string? schema)
    {
        if (schema is null)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        // A schema changes only by a release, which may only add fields.
        context.Response.Headers.CacheControl = "public, max-age=3600";
        context.Response.Headers.AccessControlAllowOrigin = "*";
        context.Response.ContentType = "application/schema+json";
        await context.Response.WriteAsync(schema, Encoding.UTF8, context.RequestAborted);
    }
}
