using System.Net;
using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

/// <summary>What the OpenAPI document says of every operation.</summary>
public sealed class DescriptionTests
{
    [Fact]
    public async Task Every_operation_is_described_with_its_refusal_and_what_is_left()
    {
        var app = await PorticoApp.SharedAsync();
        var document = await app.Client.GetAsync(new Uri("/openapi/v1.json", UriKind.Relative)).Json(HttpStatusCode.OK);
        var operations = document.GetProperty("paths").EnumerateObject()
            // Proxies ask it for every request to another service.
            .Where(path => path.Name.StartsWith("/api/", StringComparison.Ordinal) && path.Name != "/api/v1/auth/verify")
            .SelectMany(path => path.Value.EnumerateObject()).ToList();
        Assert.NotEmpty(operations);
        foreach (var operation in operations)
        {
            var responses = operation.Value.GetProperty("responses");
            Assert.True(responses.GetProperty("429").GetProperty("headers").TryGetProperty("Retry-After", out _));
            foreach (var response in responses.EnumerateObject())
            {
                Assert.True(response.Value.GetProperty("headers").TryGetProperty("RateLimit", out _));
                Assert.True(response.Value.GetProperty("headers").TryGetProperty("RateLimit-Policy", out _));
            }
        }
    }
}
