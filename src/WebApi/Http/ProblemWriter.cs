using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Http;

/// <summary>Writes every error as Problem Details.</summary>
internal static class ProblemWriter
{
    private static readonly JsonSerializerOptions Json =
        new(ApiJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static async Task Refuse(this HttpContext context, HttpError refusal)
    {
        var response = context.Response;
        response.StatusCode = refusal.Status;
        response.ContentType = Problem.MediaType;
        response.Headers.CacheControl = "no-store";
        if (refusal.RetryAfter is { } wait)
            response.Headers.RetryAfter = Math.Max(1, (long)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        if (refusal.Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = TokenErrors.AreFor(context) ? TokenErrors.Challenge : BearerChallenge.For(context);

        var body = BodyOf(context, refusal);
        response.ContentLength = body.Length;
        await response.Body.WriteAsync(body, context.RequestAborted);
    }

    public static byte[] BodyOf(HttpContext context, HttpError refusal) =>
        JsonSerializer.SerializeToUtf8Bytes(Describe(context, refusal), Json);

    /// <summary>Removes the headers of a success, and keeps the headers of every answer.</summary>
    public static void ForgetSuccess(this HttpResponse response)
    {
        ReadOnlySpan<string> headers =
        [
            HeaderNames.ContentLength, HeaderNames.ContentEncoding, HeaderNames.ETag, HeaderNames.LastModified, HeaderNames.Link,
            HeaderNames.Location,
        ];
        foreach (var header in headers)
            response.Headers.Remove(header);
    }

    private static Problem Describe(HttpContext context, HttpError refusal) => new()
    {
        Type = "urn:portico:error:" + refusal.Code,
        Title = ReasonPhrases.GetReasonPhrase(refusal.Status) is { Length: > 0 } phrase ? phrase : "Error",
        Status = refusal.Status,
        Detail = refusal.Detail,
        Instance = context.Request.PathBase.Add(context.Request.Path).ToUriComponent(),
        Code = refusal.Code,
        TraceId = RequestTrace.IdOf(context),
        Path = refusal.Path,
        Error = TokenErrors.AreFor(context) ? TokenErrors.Of(refusal) : null,
        Errors = refusal.Status == StatusCodes.Status400BadRequest
            ? refusal.Fields ?? new Dictionary<string, string[]>(StringComparer.Ordinal)
            : null,
    };
}
