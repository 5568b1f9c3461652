using System.Buffers;
using System.Text.Json;

namespace Portico.WebApi.Http;

/// <summary>Reads a JSON body in UTF-8 and makes an object of it.</summary>
internal static class JsonBody
{
    private const int UnknownLength = 256;
    private const int MaxExpectedLength = 64 * 1024;

    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <summary>Whether it is what nearly every client sends.</summary>
    public static bool IsUsualType(string? contentType) => contentType is "application/json" or "application/json; charset=utf-8";

    /// <summary>The whole body, without a byte order mark.</summary>
    /// <exception cref="BadHttpRequestException">408: it did not arrive in time.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> ReadAsync(HttpContext context)
    {
        // With room for the last read, which finds the end.
        var buffer = new ArrayBufferWriter<byte>(
            1 + (int)Math.Min(context.Request.ContentLength ?? UnknownLength, MaxExpectedLength));
        try
        {
            int read;
            while ((read = await context.Request.Body.ReadAsync(buffer.GetMemory(), context.RequestAborted)) > 0)
                buffer.Advance(read);
        }
        catch (OperationCanceledException slow)
        {
            // Nothing was done yet: the client is too slow, not this service.
            throw new BadHttpRequestException("The body did not arrive in time.", StatusCodes.Status408RequestTimeout, slow);
        }

        return buffer.WrittenSpan.StartsWith(ByteOrderMark) ? buffer.WrittenMemory[ByteOrderMark.Length..] : buffer.WrittenMemory;
    }

    /// <summary>The object, or the error that names each invalid field.</summary>
    public static (object? Value, HttpError? Error) Bind(ReadOnlyMemory<byte> body, Type type, JsonSerializerOptions options)
    {
        try
        {
            var value = JsonSerializer.Deserialize(body.Span, type, options) ?? throw new JsonException();
            return HasNullInList(body.Span) ? throw new JsonException() : (value, null);
        }
        catch (JsonException failure)
        {
            return (null, JsonBodyDiagnosis.Explain(body, type, options, failure));
        }
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
}
