using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using Portico.WebApi.Http;

namespace Portico.WebApi.OpenApi;

/// <summary>
/// Documents the headers of the rate limits: <c>RateLimit-Policy</c>, <c>RateLimit</c> and <c>Retry-After</c>.
/// </summary>
internal static class RateLimitHeaders
{
    public static void Describe(OpenApiResponses responses)
    {
        foreach (var (status, response) in responses)
        {
            if (response is not OpenApiResponse answer)
                continue;
            answer.Headers ??= new Dictionary<string, IOpenApiHeader>(StringComparer.Ordinal);
            answer.Headers[HttpRateLimitReport.Policy] = Header(
                "The limits that count this request: the number of requests (`q`) in a number of seconds (`w`).",
                "\"user-requests\";q=1200;w=60");
            answer.Headers[HttpRateLimitReport.State] = Header(
                "How many requests are left (`r`), and after how many seconds the whole quota is available again (`t`).",
                "\"user-requests\";r=1198;t=58");
            if (status == $"{StatusCodes.Status429TooManyRequests}")
                answer.Headers[HeaderNames.RetryAfter] = Header("The number of seconds to wait before the next try.", "60");
        }
    }

    private static OpenApiHeader Header(string description, string example) =>
        new() { Description = description, Schema = new OpenApiSchema { Type = JsonSchemaType.String, Examples = [example] } };
}
