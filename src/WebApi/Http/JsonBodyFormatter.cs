using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Formatters;
using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Http;

/// <summary>Reads a JSON body in UTF-8, and names the invalid fields of a wrong body.</summary>
internal sealed class JsonBodyFormatter : InputFormatter
{
    private const string Identity = "identity";
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

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

        // What nearly every client sends; the rest is parsed.
        return request.ContentType is "application/json" or "application/json; charset=utf-8" || (base.CanRead(context) &&
            (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || !type.Charset.HasValue || IsUtf8(type.Charset.Value)));
    }

    // The base class would treat an empty body as a missing value.
    public override Task<InputFormatterResult> ReadAsync(InputFormatterContext context) => ReadRequestBodyAsync(context);

    public override async Task<InputFormatterResult> ReadRequestBodyAsync(InputFormatterContext context)
    {
        var body = await ReadAll(context.HttpContext);
        if (body.IsEmpty && context.TreatEmptyInputAsDefaultValue)
            return await InputFormatterResult.SuccessAsync(null!);
        try
        {
            var value = JsonSerializer.Deserialize(body.Span, context.ModelType, _options) ?? throw new JsonException();
            if (HasNullInList(body.Span))
                throw new JsonException();
            return await InputFormatterResult.SuccessAsync(value);
        }
        catch (JsonException failure)
        {
            context.HttpContext.Features.Set(new InvalidBody(JsonBodyDiagnosis.Explain(body, context.ModelType, _options, failure)));
            context.ModelState.TryAddModelError(JsonBodyDiagnosis.WholeBody, "The body was refused.");
            return await InputFormatterResult.FailureAsync();
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAll(HttpContext context)
    {
        var buffer = new ArrayBufferWriter<byte>(Math.Max(256, (int)Math.Min(context.Request.ContentLength ?? 0, 64 * 1024)));
        try
        {
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer.GetMemory(256), context.RequestAborted)) > 0)
                buffer.Advance(read);
        }
        catch (OperationCanceledException slow)
        {
            // Nothing was done yet: the client is too slow, not this service.
            throw new BadHttpRequestException("The body did not arrive in time.", StatusCodes.Status408RequestTimeout, slow);
        }

        return buffer.WrittenSpan.StartsWith(ByteOrderMark) ? buffer.WrittenMemory[ByteOrderMark.Length..] : buffer.WrittenMemory;
    }

    // Lists of requests never contain null, but the serialiser can't check the items of a list.
    private static bool HasNullInList(ReadOnlySpan<byte> body)
    {
        if (body.IndexOf("null"u8) < 0)
            return false;

        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth });
        Span<bool> isList = stackalloc bool[ApiJson.MaxDepth + 1];
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
                isList[reader.CurrentDepth + 1] = reader.TokenType == JsonTokenType.StartArray;
            else if (reader.TokenType == JsonTokenType.Null && isList[reader.CurrentDepth])
                return true;
        }

        return false;
    }

    private static bool HasBody(HttpContext context) =>
        context.Request.ContentLength is not 0 && (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody ?? true);

    private static bool IsUtf8(string charset) => charset.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase);
}

/// <summary>The errors that the formatter found in the body of this request.</summary>
internal sealed record InvalidBody(HttpError HttpError);
