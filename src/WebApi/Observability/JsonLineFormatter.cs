using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Portico.WebApi.Observability;

/// <summary>Writes each log event as one line of JSON, with its trace and its request.</summary>
/// <remarks>
/// A text is cut at <see cref="MaxText"/> characters. Only the scopes of Portico are written: the scopes of the framework repeat
/// themselves and contain the path of the request.
/// </remarks>
internal sealed class JsonLineFormatter(TimeProvider clock) : ConsoleFormatter(FormatName)
{
    public const string FormatName = "portico-json";
    private const int MaxText = 16 * 1024;
    private const string Template = "{OriginalFormat}";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] Reserved = ["time", "level", "logger", "message", "event", "exception", "traceId", "spanId"];

    // The names of values stand in the code, so there are only so many.
    private static readonly ConcurrentDictionary<string, string> Names = new(StringComparer.Ordinal);

    [ThreadStatic]
    private static Line? _line;

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        // Removed while in use, so that logging inside of ToString gets another buffer.
        var line = _line ?? new Line();
        _line = null;
        var json = line.Begin();
        json.WriteStartObject();
        json.WriteString("time", clock.GetUtcNow().UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        json.WriteString("level", LevelOf(logEntry.LogLevel));
        json.WriteString("logger", logEntry.Category);
        if (logEntry.EventId.Name is { Length: > 0 } name)
            json.WriteString("event", name);
        json.WriteString("message", Cut(logEntry.Formatter(logEntry.State, logEntry.Exception)));
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C } activity)
        {
            json.WriteString("traceId", activity.TraceId.ToHexString());
            json.WriteString("spanId", activity.SpanId.ToHexString());
        }

        scopeProvider?.ForEachScope(
            static (scope, line) =>
            {
                if (scope is KeyValuePair<string, object?>[] ours)
                    line.Write(ours);
            },
            line);
        if (logEntry.State is IEnumerable<KeyValuePair<string, object?>> values)
            line.Write(values as IReadOnlyList<KeyValuePair<string, object?>> ?? [.. values]);
        if (logEntry.Exception is { } failure)
            json.WriteString("exception", Cut(failure.ToString()));
        json.WriteEndObject();
        line.End(textWriter);
        _line = line;
    }

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

    /// <summary>The reusable buffer of a thread for its lines.</summary>
    private sealed class Line : IDisposable
    {
        private const int MaxKept = 64 * 1024;

        private readonly Utf8JsonWriter _json;
        private readonly List<string> _written = [];
        private ArrayBufferWriter<byte> _buffer = new(1024);
        private char[] _text = new char[1024];

        public Line() => _json = new Utf8JsonWriter(_buffer, Options);

        public Utf8JsonWriter Begin()
        {
            // The previous text may have been very long, or it may have failed.
            if (_buffer.Capacity > MaxKept)
                (_buffer, _text) = (new ArrayBufferWriter<byte>(1024), new char[1024]);
            _buffer.ResetWrittenCount();
            _json.Reset(_buffer);
            _written.Clear();
            _written.AddRange(Reserved);
            return _json;
        }

        public void Write(IReadOnlyList<KeyValuePair<string, object?>> values)
        {
            for (var i = 0; i < values.Count; i++)
            {
                var (key, value) = values[i];
                if (key == Template)
                    continue;
                var name = Names.GetOrAdd(key, static given => JsonNamingPolicy.CamelCase.ConvertName(given));
                if (_written.Contains(name))
                    continue;
                _written.Add(name);
                _json.WritePropertyName(name);
                Write(value);
            }
        }

        public void Dispose() => _json.Dispose();

        public void End(TextWriter to)
        {
            _json.Flush();
            var room = Encoding.UTF8.GetMaxCharCount(_buffer.WrittenCount);
            if (_text.Length < room)
                _text = new char[room];
            to.WriteLine(_text.AsSpan(0, Encoding.UTF8.GetChars(_buffer.WrittenSpan, _text)));
        }

        private void Write(object? value)
        {
            switch (value)
            {
                case null:
                    _json.WriteNullValue();
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
}
