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
        foreach (var (name, value) in answer.Headers)
            response.Headers[name] = value;
        if (answer.Body.IsEmpty)
            return;
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, context.HttpContext.RequestAborted);
    }

    /// <summary>Makes of the result of an action what the client gets.</summary>
    public static StoredAnswer Store(ActionResult result, HttpContext context)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        switch (result)
        {
            case HttpErrorResult { Error: var error }:
                headers[HeaderNames.ContentType] = Problem.MediaType;
                return new StoredAnswer(error.Status, headers, ProblemWriter.BodyOf(context, error));
            case ObjectResult { Value: { } value, StatusCode: { } status }:
                headers[HeaderNames.ContentType] = JsonType;
                if (value is IVersionedDto record)
                    headers[HeaderNames.ETag] = EntityTagFilter.TagOf(record);
                if (result is CreatedResult { Location: { } location })
                    headers[HeaderNames.Location] = location;
                return new StoredAnswer(status, headers, JsonSerializer.SerializeToUtf8Bytes(value, value.GetType(), ApiJson.Options));
            case StatusCodeResult { StatusCode: var status }:
                return new StoredAnswer(status, headers, default);
            default:
                throw new InvalidOperationException($"The answer {result.GetType().Name} can't be stored under an idempotency key.");
        }
    }
}
