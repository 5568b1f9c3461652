using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.Controllers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Portico.Domain.Users;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;
using Portico.WebApi.Controllers;

namespace Portico.IntegrationTests.Conventions;

/// <summary>Actions whose only parameter is their body answer the same whether MVC runs them or not.</summary>
public sealed class DirectActionTests : PorticoTests
{
    // The second one is the same media type, and goes through MVC.
    private const string Plain = "application/json; charset=utf-8";
    private const string ThroughMvc = "application/json; charset=UTF-8";

    // What belongs to one answer alone.
    private static readonly string[] OfOneAnswer =
        ["Date", "X-Request-Id", "traceparent", "RateLimit", "RateLimit-Policy", "Retry-After", "Transfer-Encoding", "Content-Length"];

    public static TheoryData<string> Bodies() =>
    [
        "", "null", "{}", "[]", "{\"a\":1", "{\"nothingLikeThis\":true}", "\"text\"", "{\"email\":null}", "\uFEFF{}",
        "{\"email\":\"not an address\",\"password\":\"x\",\"amount\":{\"amount\":\"1.234\",\"currency\":\"EUR\"}}",
    ];

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_wrong_body_has_the_same_errors(string body)
    {
        var person = await App.SignUpAsync(Role.Admin);
        var tried = 0;
        foreach (var path in BodyActions())
        {
            foreach (var token in new[] { null, person.AccessToken })
            {
                var (plain, mvc) = (await SendAsync(path, body, Plain, token), await SendAsync(path, body, ThroughMvc, token));
                Assert.True(plain == mvc, $"{path} answers {plain} and through MVC {mvc}.");
                tried++;
            }
        }

        Assert.True(tried > 40, $"Only {tried} requests: were the actions found?");
    }

    [Fact]
    public async Task A_success_has_the_same_status_headers_and_body()
    {
        var person = await App.SignUpAsync();
        var manager = await App.SignUpAsync(Role.Manager);
        var wallet = await person.OpenWalletWithAsync(App, manager, "10.00");
        var other = await person.OpenWalletWithAsync(App, manager, "1.00");
        var transfer = $$$"""
            {"fromWalletId":"{{{wallet}}}","toWalletId":"{{{other}}}","amount":{"amount":"1.00","currency":"EUR"}}
            """;

        // The key makes both the same transfer.
        var key = $"{Guid.NewGuid()}";
        var first = await SendAsync("/api/v1/transfers", transfer, Plain, person.AccessToken, key);
        var again = await SendAsync("/api/v1/transfers", transfer, ThroughMvc, person.AccessToken, key);

        Assert.StartsWith("201\n", first, StringComparison.Ordinal);
        Assert.Contains("\nLocation: /api/v1/transfers/", first, StringComparison.Ordinal);
        Assert.Equal(again.Replace("\nIdempotency-Replayed: true", "", StringComparison.Ordinal), first);
    }

    [Theory]
    [InlineData("POST", "transfers", true)]
    [InlineData("POST", "transfers/batch", true)]
    [InlineData("POST", "auth/login", true)]
    // A filter of its own, a parameter in the path, no body.
    [InlineData("GET", "currencies", false)]
    [InlineData("POST", "transfers/{id:guid}/reverse", false)]
    [InlineData("GET", "users/me", false)]
    public void An_action_with_another_parameter_or_filter_runs_in_MVC(string method, string path, bool isDirect)
    {
        var endpoint = Assert.Single(
            App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>(),
            one => one.RoutePattern.RawText == $"api/v{{version:apiVersion}}/{path}"
                && one.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods is [var only] && only == method);
        Assert.Equal(isDirect, endpoint.RequestDelegate!.Target is DirectAction);
    }

    // Of all that are in the API, so that a new one is tried too.
    private IEnumerable<string> BodyActions() =>
        from endpoint in App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let action = endpoint.Metadata.GetMetadata<ControllerActionDescriptor>()
        where action is { Parameters: [{ BindingInfo.BindingSource.Id: "Body" }] }
            && endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods is ["POST"]
            && !endpoint.RoutePattern.RawText!.Contains("{id", StringComparison.Ordinal)
        select $"/{endpoint.RoutePattern.RawText!.Replace("{version:apiVersion}", "1", StringComparison.Ordinal)}";

    private async Task<string> SendAsync(string path, string body, string contentType, string? token, string? key = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key ?? $"{Guid.NewGuid()}");
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await App.Client.SendAsync(request);
        var headers = response.Headers.Concat(response.Content.Headers)
            .Where(header => !OfOneAnswer.Contains(header.Key, StringComparer.OrdinalIgnoreCase))
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}")
            .Order(StringComparer.Ordinal);
        var text = await response.Content.ReadAsStringAsync();
        if (response.StatusCode >= HttpStatusCode.BadRequest && text.Length > 0)
            text = WithoutTrace(text);
        return $"{(int)response.StatusCode}\n{string.Join('\n', headers)}\n{text}";
    }

    private static string WithoutTrace(string problem) => string.Join(
        '\n',
        JsonSerializer.Deserialize<JsonElement>(problem).EnumerateObject()
            .Where(field => field.Name is not "traceId")
            .Select(field => $"{field.Name}: {field.Value}"));
}
