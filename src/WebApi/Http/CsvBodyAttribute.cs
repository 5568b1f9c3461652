using System.Security.Cryptography;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Net.Http.Headers;
using Portico.Application.Common.Messaging;

namespace Portico.WebApi.Http;

/// <summary>Marks an action that reads its body as CSV while it arrives; it may have <c>Limits:MaxReportBytes</c>.</summary>
/// <remarks>
/// The body of a request with an idempotency key is written to a temporary file first: whether the key came before with another file must
/// be known before any work.
/// </remarks>
/// <param name="example">A file for the OpenAPI document.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CsvBodyAttribute(string example) : Attribute, IAsyncResourceFilter
{
    public const string MediaType = "text/csv";

    public string Example { get; } = example;

    /// <summary>The SHA-256 of the body, 64 hexadecimal digits; <c>null</c> for a request without an idempotency key.</summary>
    public static string? HashOf(HttpContext context) => context.Features.Get<BodyHash>()?.Sha256;

    public async Task OnResourceExecutionAsync(ResourceExecutingContext context, ResourceExecutionDelegate next)
    {
        var request = context.HttpContext.Request;
        if (!IsCsv(request))
        {
            context.Result = new HttpErrorResult(
                HttpErrors.UnsupportedMediaType with { Detail = "Send the body as text/csv in UTF-8, without a Content-Encoding." });
            return;
        }

        if (request.Headers.ContainsKey(IdempotencyKey.Header))
            context.HttpContext.Features.Set(new BodyHash(Convert.ToHexStringLower(await HashAsync(request))));
        await next();
    }

    private static async Task<byte[]> HashAsync(HttpRequest request)
    {
        var arriving = request.Body;
        request.EnableBuffering();
        try
        {
            var hash = await SHA256.HashDataAsync(request.Body, request.HttpContext.RequestAborted);
            request.Body.Position = 0;
            return hash;
        }
        catch
        {
            // The rest of a body that is too large is read from where it comes.
            request.Body = arriving;
            throw;
        }
    }

    private static bool IsCsv(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
        && type.MediaType.Equals(MediaType, StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase))
        && request.Headers.ContentEncoding.Count == 0;

    private sealed record BodyHash(string Sha256);
}
