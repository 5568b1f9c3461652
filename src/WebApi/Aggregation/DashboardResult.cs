using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Portico.Application.Dashboard;
using Portico.Infrastructure.Aggregation;
using Portico.WebApi.Http;

namespace Portico.WebApi.Aggregation;

/// <summary>Writes the dashboard as one JSON document, or as a stream of events with each part as soon as it is ready.</summary>
/// <remarks>
/// The stream (WHATWG server-sent events) has one event <c>part</c> for each part and ends with the event <c>end</c>, after which a
/// browser should close it. A comment line shows that it is alive while no part is ready.
/// </remarks>
internal sealed class DashboardResult(DashboardPage page) : ActionResult
{
    private const string ServerTiming = "Server-Timing";
    private const string Json = "application/json";
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = ApiJson.Options.Encoder };
    private static readonly FrozenDictionary<PartStatus, JsonEncodedText> StatusNames = Enum.GetValues<PartStatus>()
        .ToFrozenDictionary(status => status, status => JsonEncodedText.Encode(JsonNamingPolicy.CamelCase.ConvertName(status.ToString())));

    private static readonly byte[] Comment = Encoding.ASCII.GetBytes(": alive\n\n");

    public override Task ExecuteResultAsync(ActionContext context)
    {
        var settings = context.HttpContext.RequestServices.GetRequiredService<DashboardSettings>();
        return WantsEvents(context.HttpContext.Request)
            ? WriteEvents(context.HttpContext, settings)
            : WriteDocument(context.HttpContext, settings);
    }

    /// <summary>Whether the client prefers events; JSON wins where both are equal.</summary>
    internal static bool WantsEvents(HttpRequest request)
    {
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types))
            return false;

        return Best(types, EventStreams.MediaType) > Best(types, Json);

        static double Best(IEnumerable<MediaTypeHeaderValue> types, string offer) => types
            .Where(type => type.MatchesMediaType(offer))
            .OrderByDescending(type => type.MatchesAllTypes ? 0 : type.MatchesAllSubTypes ? 1 : 2)
            .Select(type => type.Quality ?? 1)
            .FirstOrDefault();
    }

    private async Task WriteDocument(HttpContext context, DashboardSettings settings)
    {
        var answers = await page.ReadAll(settings.Deadline, context.RequestAborted);
        var body = new ArrayBufferWriter<byte>(answers.Sum(answer => answer.Json.Length) + 1024);
        await using (var json = new Utf8JsonWriter(body, WriterOptions))
        {
            json.WriteStartObject();
            foreach (var answer in answers)
            {
                json.WritePropertyName(answer.Part.Name);
                WriteValue(json, answer);
            }

            json.WriteStartObject("parts");
            foreach (var answer in answers)
            {
                json.WriteStartObject(answer.Part.Name);
                WriteState(json, answer);
                json.WriteEndObject();
            }

            json.WriteEndObject();
            WriteErrors(json, answers);
            json.WriteEndObject();
        }

        var response = context.Response;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers[ServerTiming] = string.Join(", ", answers.Select(Timing));
        response.ContentLength = body.WrittenCount;
        await response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    private async Task WriteEvents(HttpContext context, DashboardSettings settings)
    {
        var response = context.Response;
        if (!response.BeginEventStream())
            return;
        var failed = new List<PartAnswer>();
        await using var answers = page.ReadEach(settings.StreamDeadline, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        var next = answers.MoveNextAsync().AsTask();
        try
        {
            await Send(Comment);
            while (await Wait())
            {
                var answer = answers.Current;
                if (answer.Status == PartStatus.Failed)
                    failed.Add(answer);
                await Send(Event("part", json =>
                {
                    json.WriteString("name", answer.Part.Name);
                    WriteState(json, answer);
                    json.WritePropertyName("value");
                    WriteValue(json, answer);
                }));
                next = answers.MoveNextAsync().AsTask();
            }

            await Send(Event("end", json => WriteErrors(json, failed)));
        }
        finally
        {
            // The parts can't be disposed while one of them is awaited.
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task<bool> Wait()
        {
            for (; ; )
            {
                try
                {
                    return await next.WaitAsync(settings.Heartbeat);
                }
                catch (TimeoutException) when (!next.IsCompleted)
                {
                    await Send(Comment);
                }
            }
        }

        async Task Send(ReadOnlyMemory<byte> bytes)
        {
            RequestDeadline.Restart(context);
            await response.BodyWriter.WriteAsync(bytes, context.RequestAborted);
            await response.BodyWriter.FlushAsync(context.RequestAborted);
        }
    }

    private static ReadOnlyMemory<byte> Event(string name, Action<Utf8JsonWriter> write)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        bytes.Write(Encoding.ASCII.GetBytes($"event: {name}\ndata: "));
        using (var json = new Utf8JsonWriter(bytes, WriterOptions))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        bytes.Write("\n\n"u8);
        return bytes.WrittenMemory;
    }

    private static void WriteValue(Utf8JsonWriter json, PartAnswer answer)
    {
        if (answer.Status == PartStatus.Failed)
            json.WriteNullValue();
        else
            json.WriteRawValue(answer.Json.Span, skipInputValidation: true);
    }

    private static void WriteState(Utf8JsonWriter json, PartAnswer answer)
    {
        json.WriteString("status", StatusNames[answer.Status]);
        if (answer.Status == PartStatus.Failed)
            json.WriteNull("age");
        else
            json.WriteNumber("age", Math.Round(answer.Age.TotalSeconds, 1));
        json.WriteNumber("durationMs", Math.Round(answer.Duration.TotalMilliseconds, 1));
        json.WriteString("code", answer.Error?.Code);
    }

    private static void WriteErrors(Utf8JsonWriter json, IEnumerable<PartAnswer> answers)
    {
        json.WriteStartArray("errors");
        foreach (var answer in answers.Where(answer => answer.Status == PartStatus.Failed))
        {
            json.WriteStartObject();
            json.WriteString("part", answer.Part.Name);
            json.WriteString("code", answer.Error!.Code);
            json.WriteString("detail", answer.Error.Message);
            json.WriteBoolean("required", answer.Part.IsRequired);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Timing(PartAnswer answer)
    {
        var timing = string.Create(CultureInfo.InvariantCulture, $"{answer.Part.Name};dur={answer.Duration.TotalMilliseconds:0.#}");
        return answer.Status == PartStatus.Ok ? timing : $"{timing};desc={answer.Status}";
    }
}
