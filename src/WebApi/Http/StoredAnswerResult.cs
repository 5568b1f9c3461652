using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Records;

namespace Portico.WebApi.Http;

/// <summary>Sends an answer again as it was sent first: its status, its own headers and its bytes.</summary>
internal sealed class StoredAnswerResult(StoredAnswer answer) : ActionResult
{
    private const string JsonType = "application/json; charset=utf-8";

    public override async Task ExecuteResultAsync(ActionContext context)
    {
        var response = context.HttpContext.Response;
        response.StatusCode = answer.Status;
        for (var n = 0; n < answer.Headers.Count; n++)
            response.Headers[answer.Headers[n].Key] = answer.Headers[n].Value;
        if (answer.Body.IsEmpty)
            return;
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, context.HttpContext.RequestAborted);
    }

    /// <summary>Makes of the result of an action what the client gets.</summary>
    public static StoredAnswer Store(ActionResult result, HttpContext context)
    {
        switch (result)
        {
            case HttpErrorResult { Error: var error }:
                return new StoredAnswer(
                    error.Status, [new(HeaderNames.ContentType, Problem.MediaType)], ProblemWriter.BodyOf(context, error));
            case ObjectResult { Value: { } value, StatusCode: { } status }:
                return new StoredAnswer(
                    status, HeadersOf(result, value), JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), ApiJson.Options));
            case StatusCodeResult { StatusCode: var status }:
                return new StoredAnswer(status, [], default);
            default:
                throw new InvalidOperationException($"The answer {result.GetType().Name} can't be stored under an idempotency key.");
        }
    }

    private static List<KeyValuePair<string, string>> HeadersOf(ActionResult result, object value)
    {
        // As many as there may be.
        var headers = new List<KeyValuePair<string, string>>(3) { new(HeaderNames.ContentType, JsonType) };
        if (value is IVersionedDto record)
            headers.Add(new(HeaderNames.ETag, EntityTagFilter.TagOf(record)));
        if (result is CreatedResult { Location: { } location })
            headers.Add(new(HeaderNames.Location, location));
        return headers;
    }
}
