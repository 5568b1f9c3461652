using System.Text.Json;

namespace Portico.IntegrationTests.Conventions;

/// <summary>Says what is wrong with the answer to a bad request.</summary>
internal static class ProblemJudge
{
    private static readonly string[] Leaks =
        ["   at ", "System.", "Portico.", "Microsoft.", "Npgsql", "SELECT ", "StackExchange", "LineNumber"];
    private static readonly string[] Members = ["type", "title", "status", "detail", "instance", "code", "traceId"];

    /// <returns>Why the answer is wrong, or <c>null</c>.</returns>
    public static async Task<string?> Judge(this HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        if (status < 400)
            return null;
        var text = await response.Content.ReadAsStringAsync();
        if (status >= 500)
            return $"{status} {text}";
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return $"{status} as {response.Content.Headers.ContentType}";
        if (!response.Headers.Contains("X-Request-Id"))
            return $"{status} without X-Request-Id";
        if (Array.Find(Leaks, leak => text.Contains(leak, StringComparison.Ordinal)) is { } leaked)
            return $"{status} leaks '{leaked}': {text}";
        // HEAD has no body.
        if (text.Length == 0 && response.RequestMessage?.Method == HttpMethod.Head)
            return null;
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        return Members.FirstOrDefault(member => !problem.TryGetProperty(member, out _)) is { } missing
            ? $"{status} without {missing}: {text}"
            : null;
    }
}
