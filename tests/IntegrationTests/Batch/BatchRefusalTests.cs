using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Asp.Versioning;
using Microsoft.AspNetCore.Mvc;
using Portico.Application.Common.Messaging;
using Portico.IntegrationTests.Conventions;
using Portico.WebApi.Controllers;
using Portico.WebApi.OpenApi;

namespace Portico.IntegrationTests.Batch;

/// <summary>Actions that a batch must not reach or that answer too much.</summary>
public sealed class BatchRefusalTests : IAsyncLifetime
{
    private ProbeApp _app = null!;

    public async Task InitializeAsync() => _app = await ProbeApp.StartAsync();

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Refuses_an_answer_that_is_too_large_and_gives_the_others()
    {
        var answers = await Send("/api/v1/batch-probes/large", "/api/v1/batch-probes/small");
        Assert.Equal((422, "batch_answer_too_large"), (Status(answers[0]), answers[0].GetProperty("body").Text("code")));
        Assert.Equal((200, "small"), (Status(answers[1]), answers[1].GetProperty("body").GetString()));
    }

    [Fact]
    public async Task Refuses_a_get_that_sends_no_query()
    {
        var answers = await Send("/api/v1/batch-probes/nothing-sent");
        Assert.Equal((422, "not_in_batch"), (Status(answers[0]), answers[0].GetProperty("body").Text("code")));
    }

    [Fact]
    public async Task Answers_a_bug_as_an_error_of_its_request_only()
    {
        var answers = await Send("/api/v1/batch-probes/bug", "/api/v1/batch-probes/small");
        Assert.Equal((500, "internal_error"), (Status(answers[0]), answers[0].GetProperty("body").Text("code")));
        Assert.Equal(200, Status(answers[1]));
    }

    private static int Status(JsonElement answer) => answer.GetProperty("status").GetInt32();

    private async Task<JsonElement[]> Send(params string[] paths)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/batch");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _app.SignIn().Token);
        request.Content = JsonContent.Create(new { requests = paths.Select(path => new { path }) });
        return [.. (await _app.Client.SendAsync(request).Json(HttpStatusCode.OK)).GetProperty("responses").EnumerateArray()];
    }
}

[ApiVersion("1.0")]
[Route("api/v{version:apiVersion}/batch-probes")]
public sealed class BatchProbeController(ISender sender) : ApiController(sender)
{
    [HttpGet("large")]
    [UseCase<ReadOwnProbe>]
    public ActionResult Large() => Ok(Enumerable.Repeat(new string('x', 1024), 300));

    [HttpGet("small")]
    [UseCase<ReadOwnProbe>]
    public ActionResult Small() => Ok("small");

    [HttpGet("bug")]
    [UseCase<ReadOwnProbe>]
    public ActionResult Bug() => ModelState.IsValid ? throw new InvalidOperationException("A bug.") : NoContent();

    [HttpGet("nothing-sent")]
    public ActionResult NothingSent() => NoContent();
}
