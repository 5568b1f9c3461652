using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Aggregation;

namespace Portico.Application.UnitTests.Aggregation;

public sealed class DownstreamHandlerTests
{
    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("application/json", false)]
    public async Task Sends_the_deadline_of_the_read_with_calls_of_grpc(string type, bool isSent)
    {
        CallDeadline.Current = new CallDeadline(TimeSpan.FromMilliseconds(250), TimeProvider.System);
        var sent = await Send(type);

        Assert.Equal(isSent, sent.Headers.TryGetValues("grpc-timeout", out var values));
        if (isSent)
            Assert.InRange(int.Parse(values!.Single().TrimEnd('m'), System.Globalization.CultureInfo.InvariantCulture), 1, 250);
        Assert.Equal("Bearer token", sent.Headers.Authorization?.ToString());
    }

    [Fact]
    public async Task Sends_no_deadline_where_there_is_none()
    {
        CallDeadline.Current = null;
        Assert.False((await Send("application/grpc")).Headers.Contains("grpc-timeout"));
    }

    [Fact]
    public async Task Sends_the_trace_of_the_request_where_nobody_collects_spans()
    {
        CallDeadline.Current = null;
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();

        Assert.False(ClientSpans.AreWanted);
        Assert.Equal([activity.Id], (await Send("application/json")).Headers.GetValues("traceparent"));
    }

    private static async Task<HttpRequestMessage> Send(string type)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/") { Content = new ByteArrayContent([]) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        using var handler = new DownstreamHandler(new Token()) { InnerHandler = new Answering() };
        using var client = new HttpMessageInvoker(handler);
        using var answer = await client.SendAsync(request, default);
        return request;
    }

    private sealed class Token : ICallerToken
    {
        public string Authorization => "Bearer token";
    }

    private sealed class Answering : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
    }
}
