using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Portico.IntegrationTests;

/// <summary>Reads answers as a frontend does, and says what they were when they are others.</summary>
internal static class Answers
{
    public static async Task<JsonElement> Json(this Task<HttpResponseMessage> answer, HttpStatusCode expected)
    {
        using var response = await answer;
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(expected == response.StatusCode, $"{(int)response.StatusCode} instead of {(int)expected}: {text}");
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    /// <summary>Expects Problem Details with a status and a code.</summary>
    public static async Task<JsonElement> Problem(this Task<HttpResponseMessage> answer, HttpStatusCode expected, string code)
    {
        var response = await answer;
        var problem = await Task.FromResult(response).Json(expected);
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
