using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Portico.WebApi.Logging;

/// <summary>Writes each log event as one line of JSON, with the trace and the request that it belongs to.</summary>
/// <remarks>A text is cut at <see cref="MaxText"/> characters. Of the scopes only those of Portico are written: the framework's repeat themselves.</remarks>
internal sealed class JsonLineFormatter(TimeProvider clock) : ConsoleFormatter(FormatName)
{
    public const string FormatName = "portico-json";
    private const int MaxText = 16 * 1024;
    private const string Template = "{OriginalFormat}";

    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal) { "time", "level", "logger", "message", "event", "exception", "traceId", "spanId" };

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
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

            var written = new HashSet<string>(Reserved, StringComparer.Ordinal);
            scopeProvider?.ForEachScope(
                (scope, writer) =>
                {
                    if (scope is KeyValuePair<string, object?>[] ours)
                        WriteValues(writer, ours, written);
                },
                json);
            if (logEntry.State is IEnumerable<KeyValuePair<string, object?>> values)
                WriteValues(json, values, written);
            if (logEntry.Exception is { } failure)
                json.WriteString("exception", Cut(failure.ToString()));
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private static void WriteValues(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, object?>> values, HashSet<string> written)
    {
        foreach (var (key, value) in values)
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(key);
            if (key == Template || !written.Add(name))
                continue;

            json.WritePropertyName(name);
            switch (value)
            {
                case null:
                    json.WriteNullValue();
                    break;
                case bool flag:
                    json.WriteBooleanValue(flag);
                    break;
                case int or long or short or byte:
                    json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                    break;
                case double number when double.IsFinite(number):
                    json.WriteNumberValue(number);
                    break;
                case decimal number:
                    json.WriteNumberValue(number);
                    break;
                default:
                    json.WriteStringValue(Cut(Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""));
                    break;
            }
        }
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
}
