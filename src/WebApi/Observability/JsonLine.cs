using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Portico.WebApi.Http;

namespace Portico.WebApi.Observability;

/// <summary>The line of JSON of one log event, with its trace and its request.</summary>
/// <remarks>
/// A text is cut at <see cref="MaxText"/> characters. Scopes are not written: those of the framework repeat themselves and contain the
/// path of the request. An object is reused for the next event of its thread.
/// </remarks>
internal sealed class JsonLine : IDisposable
{
    private const int MaxText = 16 * 1024;
    private const int MaxKept = 64 * 1024;
    private const string Template = "{OriginalFormat}";

    // Of 2026-11-28T07:30:02.1234567Z, milliseconds are enough.
    private const int ToMilliseconds = 23;
    private const int InFull = 28;

    private static readonly JsonEncodedText Time = JsonEncodedText.Encode("time");
    private static readonly JsonEncodedText Level = JsonEncodedText.Encode("level");
    private static readonly JsonEncodedText Logger = JsonEncodedText.Encode("logger");
    private static readonly JsonEncodedText Event = JsonEncodedText.Encode("event");
    private static readonly JsonEncodedText Message = JsonEncodedText.Encode("message");
    private static readonly JsonEncodedText TraceId = JsonEncodedText.Encode("traceId");
    private static readonly JsonEncodedText SpanId = JsonEncodedText.Encode("spanId");
    private static readonly JsonEncodedText RequestId = JsonEncodedText.Encode("requestId");
    private static readonly JsonEncodedText Exception = JsonEncodedText.Encode("exception");

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Names that a value can't have, because the line has them already.
    private static readonly HashSet<JsonEncodedText> Reserved =
        [Time, Level, Logger, Event, Message, TraceId, SpanId, RequestId, Exception];

    // The names of values stand in the code, so there are only so many.
    private static readonly ConcurrentDictionary<string, JsonEncodedText> Names = new(StringComparer.Ordinal);

    [ThreadStatic]
    private static JsonLine? _ofThread;

    private readonly List<JsonEncodedText> _written = [];
    private readonly Utf8JsonWriter _json;
    private ArrayBufferWriter<byte> _buffer = new(1024);

    private JsonLine() => _json = new Utf8JsonWriter(_buffer, Options);

    /// <summary>The line in UTF-8, without its end, until it is given back.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.WrittenSpan;

    public static JsonEncodedText Encode(string text) => JsonEncodedText.Encode(text, Options.Encoder);

    /// <summary>Takes the object of the thread.</summary>
    /// <remarks>Nobody else gets it before it is given back, not even a log event inside of this one.</remarks>
    public static JsonLine Take()
    {
        var line = _ofThread ?? new JsonLine();
        _ofThread = null;
        return line;
    }

    public void GiveBack() => _ofThread = this;

    public void Write<TState>(
        DateTimeOffset time, LogLevel level, JsonEncodedText logger, EventId id, TState state, Exception? failure,
        Func<TState, Exception?, string> format)
    {
        Begin();
        _json.WriteStartObject();
        WriteTime(time);
        _json.WriteString(Level, LevelOf(level));
        _json.WriteString(Logger, logger);
        if (id.Name is { Length: > 0 } name)
            _json.WriteString(Event, name);
        _json.WriteString(Message, Cut(format(state, failure)));
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            _json.WriteString(TraceId, activity.TraceId.ToHexString());
            _json.WriteString(SpanId, activity.SpanId.ToHexString());
        }

        if (CurrentRequestId.Value is { } request)
            _json.WriteString(RequestId, request);
        if (state is IEnumerable<KeyValuePair<string, object?>> values)
            Write(values as IReadOnlyList<KeyValuePair<string, object?>> ?? [.. values]);
        if (failure is not null)
            _json.WriteString(Exception, Cut(failure.ToString()));
        _json.WriteEndObject();
        _json.Flush();
    }

    public void Dispose() => _json.Dispose();

    private static string Cut(string text) => text.Length <= MaxText ? text : string.Concat(text.AsSpan(0, MaxText), "…");

    private static string LevelOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        _ => "fatal",
    };

    private void Begin()
    {
        // The previous text may have been very long, or it may have failed.
        if (_buffer.Capacity > MaxKept)
            _buffer = new ArrayBufferWriter<byte>(1024);
        _buffer.ResetWrittenCount();
        _json.Reset(_buffer);
        _written.Clear();
    }

    private void WriteTime(DateTimeOffset time)
    {
        Span<byte> text = stackalloc byte[InFull];
        time.UtcDateTime.TryFormat(text, out _, "O", CultureInfo.InvariantCulture);
        text[ToMilliseconds] = (byte)'Z';
        _json.WriteString(Time, text[..(ToMilliseconds + 1)]);
    }

    private void Write(IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            var (key, value) = values[i];
            if (key == Template)
                continue;
            var name = Names.GetOrAdd(key, static given => Encode(JsonNamingPolicy.CamelCase.ConvertName(given)));
            if (Reserved.Contains(name) || _written.Contains(name))
                continue;
            _written.Add(name);
            _json.WritePropertyName(name);
            Write(value);
        }
    }

    private void Write(object? value)
    {
        switch (value)
        {
            case null:
                _json.WriteNullValue();
                break;
            case string text:
                _json.WriteStringValue(Cut(text));
                break;
            case bool flag:
                _json.WriteBooleanValue(flag);
                break;
            case int or long or short or byte:
                _json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case double number when double.IsFinite(number):
                _json.WriteNumberValue(number);
                break;
            case decimal number:
                _json.WriteNumberValue(number);
                break;
            default:
                _json.WriteStringValue(Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
                break;
        }
    }
}
