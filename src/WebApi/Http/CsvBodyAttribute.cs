using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Http;

/// <summary>Marks an action that reads its body as CSV while it arrives; it may have <c>Limits:MaxReportBytes</c>.</summary>
/// <param name="example">A file for the OpenAPI document.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CsvBodyAttribute(string example) : Attribute, IResourceFilter
{
    public const string MediaType = "text/csv";

    public string Example { get; } = example;

    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        var request = context.HttpContext.Request;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
            || (type.Charset.HasValue && !type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            || request.Headers.ContentEncoding.Count > 0)
        {
            context.Result = new HttpErrorResult(
                HttpErrors.UnsupportedMediaType with { Detail = "Send the body as text/csv in UTF-8, without a Content-Encoding." });
        }
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
