using System.Net;
using Microsoft.AspNetCore.Http;
using Portico.IntegrationTests.Conventions;
using Portico.Testing;

namespace Portico.IntegrationTests.Gateway;

/// <summary>Answers of services that are kept.</summary>
[Collection(GatewayTestGroup.Name)]
public sealed class GatewayCacheTests(GatewayWorld world) : GatewayClientTests(world)
{
    [Fact]
    public async Task Keeps_an_answer_for_the_same_caller_only_and_until_their_own_change()
    {
        var other = await World.App.SignUpAsync();
        var calls = 0;
        var path = Service.On(context =>
        {
            context.Response.Headers.ETag = "\"a\"";
            context.Response.Headers.Vary = "Accept-Language";
            return context.Response.WriteAsync($"answer {Interlocked.Increment(ref calls)}");
        });

        using var miss = await Person.GetAsync($"{Api}/cached{path}?q=1");
        Assert.Equal("Portico; fwd=uri-miss; stored", miss.Header("Cache-Status"));
        using var hit = await Person.GetAsync($"{Api}/cached{path}?q=1");
        Assert.Equal("answer 1", await hit.Content.ReadAsStringAsync());
        Assert.StartsWith("Portico; hit; ttl=", hit.Header("Cache-Status"), StringComparison.Ordinal);
        Assert.Equal(("0", "\"a\"", "no-store"), (hit.Header("Age"), hit.Header("ETag"), hit.Header("Cache-Control")));
        using var unchanged = await Person.SendAsync(HttpMethod.Get, $"{Api}/cached{path}?q=1", null, ("If-None-Match", "\"a\""));
        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);

        Assert.Equal("answer 2", await Text(Person, $"{path}?q=2"));
        Assert.Equal("answer 3", await Text(other, $"{path}?q=1"));
        Assert.Equal("answer 4", await Text(Person, $"{path}?q=1", ("Accept-Language", "de")));
        Assert.Equal("answer 5", await Text(Person, $"{path}?q=2", ("Cache-Control", "no-cache")));
        Assert.Equal("answer 5", await Text(Person, $"{path}?q=2"));
        (await Person.SendAsync(HttpMethod.Post, $"{Api}/cached/changed", new { })).Dispose();
        Assert.Equal("answer 6", await Text(Person, $"{path}?q=2"));
    }

    [Fact]
    public async Task Gives_an_answer_for_one_stranger_to_nobody_else()
    {
        var calls = 0;
        var path = Service.On(context =>
        {
            if (context.Request.Query["control"] is [{ } control])
                context.Response.Headers.CacheControl = control;
            return context.Response.WriteAsync($"{Interlocked.Increment(ref calls)} {context.Request.Headers.Cookie}");
        });

        // What depends on nothing is the same for all strangers.
        Assert.Equal(["1 ", "1 "], [await Get(""), await Get("")]);
        Assert.Equal(["2 ", "3 "], [await Get("?control=private,max-age=60"), await Get("?control=private,max-age=60")]);
        // A cookie names a stranger to the service.
        Assert.Equal(["4 s=ada", "5 s=ben", "1 "], [await Get("", "s=ada"), await Get("", "s=ben"), await Get("")]);
        Assert.Equal(["6 s=ada", "7 "], [await Get("?q", "s=ada"), await Get("?q")]);

        async Task<string> Get(string query, string? cookie = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"{Api}/shared{path}{query}");
            if (cookie is not null)
                request.Headers.Add("Cookie", cookie);
            using var answer = await World.App.Client.SendAsync(request);
            return await answer.Content.ReadAsStringAsync();
        }
    }

    [Theory]
    [InlineData("Cache-Control", "no-store")]
    [InlineData("Cache-Control", "no-cache")]
    [InlineData("Cache-Control", "max-age=0")]
    [InlineData("Vary", "*")]
    [InlineData("Set-Cookie", "a=b")]
    [InlineData("status", "404")]
    public async Task Keeps_no_answer_that_must_not_be_used_again(string header, string value)
    {
        var path = Service.On(context =>
        {
            if (header == "status")
                context.Response.StatusCode = int.Parse(value);
            else
                context.Response.Headers[header] = value;
            return context.Response.WriteAsJsonAsync(new { });
        });
        for (var n = 0; n < 2; n++)
        {
            using var answer = await Person.GetAsync($"{Api}/cached{path}");
            Assert.Equal("", answer.Header("Cache-Status"));
        }

        Assert.Equal(2, Service.At(path).Length);
    }

    [Fact]
    public async Task Passes_a_large_answer_whole_and_does_not_keep_it()
    {
        var bytes = new byte[3 * 1024 * 1024];
        new Random(1).NextBytes(bytes);
        var path = Service.On(async context => await context.Response.Body.WriteAsync(bytes));
        for (var n = 0; n < 2; n++)
        {
            using var answer = await Person.GetAsync($"{Api}/cached{path}");
            Assert.Equal(bytes, await answer.Content.ReadAsByteArrayAsync());
        }

        Assert.Equal(2, Service.At(path).Length);
    }

    private static async Task<string> Text(TestPerson person, string path, params (string Name, string Value)[] headers)
    {
        using var answer = await person.SendAsync(HttpMethod.Get, $"{Api}/cached{path}", null, headers);
        return await answer.Content.ReadAsStringAsync();
    }
}
