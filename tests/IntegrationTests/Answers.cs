using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Portico.IntegrationTests;

/// <summary>Reads answers as a frontend does. An assertion that fails shows the answer.</summary>
internal static class Answers
{
    /// <summary>Expects a status, and disposes the answer.</summary>
    public static async Task<JsonElement> Json(this Task<HttpResponseMessage> answer, HttpStatusCode expected)
    {
        using var response = await answer;
        return await response.Json(expected);
    }

    /// <summary>Expects a status.</summary>
    public static async Task<JsonElement> Json(this HttpResponseMessage response, HttpStatusCode expected)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{(int)response.StatusCode} instead of {(int)expected}: {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Expects Problem Details with a status and a code, and disposes the answer.</summary>
    public static async Task<JsonElement> Problem(this Task<HttpResponseMessage> answer, HttpStatusCode expected, string code)
    {
        using var response = await answer;
        return await response.Problem(expected, code);
    }

    /// <summary>Expects Problem Details with a status and a code.</summary>
    public static async Task<JsonElement> Problem(this HttpResponseMessage response, HttpStatusCode expected, string code)
    {
        var problem = await response.Json(expected);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)expected, problem.GetProperty("status").GetInt32());
        Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.Matches("^[0-9a-f]{32}$", problem.GetProperty("traceId").GetString());
        return problem;
    }

    public static Task<HttpResponseMessage> Post(this HttpClient client, string path, object body) =>
        client.PostAsJsonAsync($"/api/v1/{path}", body);

    public static string Text(this JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
