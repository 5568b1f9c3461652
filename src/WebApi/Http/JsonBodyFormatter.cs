using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Formatters;
using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Http;

/// <summary>Reads a JSON body in UTF-8, and names the invalid fields of a wrong body.</summary>
internal sealed class JsonBodyFormatter : InputFormatter
{
    private const string Identity = "identity";

    private readonly JsonSerializerOptions _options;

    public JsonBodyFormatter(JsonSerializerOptions options)
    {
        _options = options;
        SupportedMediaTypes.Add("application/json");
        SupportedMediaTypes.Add("application/*+json");
    }

    public override bool CanRead(InputFormatterContext context)
    {
        var request = context.HttpContext.Request;
        // Without a body the content type does not matter: the body is missing.
        if (string.IsNullOrEmpty(request.ContentType))
            return !HasBody(context.HttpContext);
        if (!request.Headers.ContentEncoding.All(coding => string.Equals(coding, Identity, StringComparison.OrdinalIgnoreCase)))
        {
            // RFC 9110, 15.5.16: so that the client knows that its coding was the reason, and not its media type.
            context.HttpContext.Response.Headers.AcceptEncoding = Identity;
            return false;
        }

        // The rest is parsed.
        return JsonBody.IsUsualType(request.ContentType) || (base.CanRead(context) &&
            (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.Charset.HasValue || IsUtf8(type.Charset.Value)));
    }

    // The base class would treat an empty body as a missing value.
    public override Task<InputFormatterResult> ReadAsync(InputFormatterContext context) => ReadRequestBodyAsync(context);

    public override async Task<InputFormatterResult> ReadRequestBodyAsync(InputFormatterContext context)
    {
        var body = await JsonBody.ReadAsync(context.HttpContext);
        if (body.IsEmpty && context.TreatEmptyInputAsDefaultValue)
            return await InputFormatterResult.SuccessAsync(null!);
        var (value, error) = JsonBody.Bind(body, context.ModelType, _options);
        if (value is not null)
            return await InputFormatterResult.SuccessAsync(value);

        context.HttpContext.Features.Set(new InvalidBody(error!));
        context.ModelState.TryAddModelError(JsonBodyDiagnosis.WholeBody, "The body was refused.");
        return await InputFormatterResult.FailureAsync();
    }

    private static bool HasBody(HttpContext context) =>
        context.Request.ContentLength is not 0 && (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true);

    private static bool IsUtf8(string charset) => charset.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The errors that the formatter found in the body of this request.</summary>
internal sealed record InvalidBody(HttpError HttpError);
