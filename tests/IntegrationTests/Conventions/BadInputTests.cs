using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

/// <summary>Tries every operation of the OpenAPI document with what no client should send.</summary>
public sealed class BadInputTests : PorticoTests
{
    [Fact]
    public async Task Answers_problem_details_and_never_a_5xx()
    {
        // Some of the operations ask it.
        await OrdersApp.SharedAsync();
        var document = await App.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        List<string> wrong = [];
        var tried = 0;
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(member => member.Value.ValueKind == JsonValueKind.Object))
            {
                // A person each, because signing out is among the operations.
                var token = operation.Value.TryGetProperty("security", out _) ? (await App.SignUpAsync()).AccessToken : null;
                foreach (var attempt in Attempts(document, path.Name, operation.Value))
                {
                    tried++;
                    if (await Judge(operation.Name, attempt, token) is { } verdict)
                        wrong.Add($"{operation.Name.ToUpperInvariant()} {attempt.Path} [{attempt.What}]: {verdict}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(30)));
        Assert.True(tried > 500, $"Only {tried} attempts: is the document empty?");
    }

    [Fact]
    [Trait("Category", "Cases")]
    public async Task Asks_who_calls_before_it_reads_anything()
    {
        var document = await App.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        var tried = 0;
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject().Where(member => member.Value.TryGetProperty("security", out _)))
            {
                foreach (var (accept, contentType, token) in new[]
                {
                    ("application/json", "application/json", null), ("text/html", "text/plain", null),
                    ("application/json", "application/json", "not.a.token"),
                })
                {
                    using var request = new HttpRequestMessage(
                        new HttpMethod(operation.Name.ToUpperInvariant()), $"{OnePath(path.Name)}?limit=x&cursor=x&from=x&deleted=x");
                    request.Headers.TryAddWithoutValidation("Accept", accept);
                    if (token is not null)
                        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                    request.Headers.TryAddWithoutValidation("Idempotency-Key", "not valid");
                    request.Headers.TryAddWithoutValidation("If-Match", "not valid");
                    if (request.Method != HttpMethod.Get)
                        request.Content = new StringContent("{", new MediaTypeHeaderValue(contentType, "utf-8"));
                    using var response = await App.Client.SendAsync(request);
                    // A browser's session is guarded against other sites even before the question who calls.
                    var expected = request.Method == HttpMethod.Post && path.Name.StartsWith("/api/v1/session/", StringComparison.Ordinal)
                        ? HttpStatusCode.Forbidden
                        : HttpStatusCode.Unauthorized;
                    Assert.True(response.StatusCode == expected, $"{request.Method} {path.Name}: {(int)response.StatusCode}");
                    tried++;
                }
            }
        }

        Assert.True(tried > 80, $"Only {tried} attempts: is the document empty?");
    }

    // The id of a record is a part of the route, so another text is another address.
    private static string OnePath(string template) =>
        template.Replace("{id}", $"{Guid.NewGuid()}", StringComparison.Ordinal)
            .Replace("{secretId}", $"{Guid.NewGuid()}", StringComparison.Ordinal);

    private async Task<string?> Judge(string method, Attempt attempt, string? token)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method.ToUpperInvariant()), attempt.Path);
        if (attempt.Body is { } body)
            request.Content = new StringContent(body, new MediaTypeHeaderValue(attempt.ContentType, "utf-8"));
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var response = await App.Client.SendAsync(request);
        return attempt.MustFail && response.IsSuccessStatusCode ? $"accepted with {(int)response.StatusCode}" : await response.Judge();
    }

    private static IEnumerable<Attempt> Attempts(JsonElement document, string template, JsonElement operation)
    {
        foreach (var path in Paths(template, operation))
        {
            if (!operation.TryGetProperty("requestBody", out var requestBody))
            {
                yield return new Attempt(path, "no body", null, "application/json", false);
                yield return new Attempt(path, "a body that nobody asked for", """{"a":1}""", "application/json", false);
                continue;
            }

            if (!requestBody.GetProperty("content").TryGetProperty("application/json", out var json))
            {
                yield return new Attempt(path, "JSON in place of a file", "{}", "application/json", true);
                yield return new Attempt(path, "no file", null, "text/csv", true);
                yield return new Attempt(path, "an empty file", "", "text/csv", true);
                yield return new Attempt(path, "another file", "a,b\n1,2\n", "text/csv", true);
                continue;
            }

            var schema = Resolve(document, json.GetProperty("schema"));
            foreach (var (what, body) in BadBodies(schema))
                yield return new Attempt(path, what, body, "application/json", true);
            yield return new Attempt(path, "no body", null, "application/json", true);
            yield return new Attempt(path, "another content type", "{}", "text/plain", true);
            yield return new Attempt(path, "a form", "a=b", "application/x-www-form-urlencoded", true);
        }
    }

    private static IEnumerable<(string What, string Body)> BadBodies(JsonElement schema)
    {
        yield return ("empty", "");
        yield return ("null", "null");
        yield return ("an array", "[]");
        yield return ("a string", "\"text\"");
        yield return ("cut off", """{"a":""");
        yield return ("trailing text", "{} {}");
        yield return ("a comment", "{ /* why */ }");
        yield return ("deep", string.Concat(Enumerable.Repeat("""{"a":""", 500)) + "1" + new string('}', 500));
        yield return ("unknown field", """{"surprise":true}""");
        yield return ("oversized", $$"""{"surprise":"{{new string('x', 1_100_000)}}"}""");
        yield return ("invalid UTF-16 escape", """{"surprise":"\ud800"}""");

        var fields = schema.GetProperty("properties").EnumerateObject().Select(field => field.Name).ToArray();
        if (schema.TryGetProperty("required", out var required) && required.GetArrayLength() > 0)
            yield return ("missing fields", "{}");
        foreach (var field in fields)
        {
            foreach (var (what, value) in new (string, string)[]
            {
                ("a number", "1.5"), ("true", "true"), ("an array", "[]"), ("an object", "{}"), ("a huge number", "1e999"),
                ("an oversized text", $"\"{new string('y', 20_000)}\""), ("control characters", "\"\\u0000\\u0007\""),
            })
                yield return ($"{field} is {what}", $$"""{"{{field}}":{{value}}}""");
            yield return ($"{field} twice", $$"""{"{{field}}":"a","{{field}}":"b"}""");
        }
    }

    private static IEnumerable<string> Paths(string template, JsonElement operation)
    {
        var parameters = operation.TryGetProperty("parameters", out var declared) ? declared.EnumerateArray().ToArray() : [];
        var path = template;
        foreach (var parameter in parameters.Where(parameter => parameter.Text("in") == "path"))
            path = path.Replace($"{{{parameter.Text("name")}}}", "not-an-id", StringComparison.Ordinal);
        yield return path;
        if (path != template)
            yield return template[..template.IndexOf('{', StringComparison.Ordinal)] + Guid.NewGuid();
        foreach (var parameter in parameters.Where(parameter => parameter.Text("in") == "query"))
        {
            foreach (var value in new[] { "", "-1", "99999999999999999999", "%00", "%ff", new string('z', 2000), "'%3B--" })
                yield return $"{path}?{parameter.Text("name")}={value}";
        }
    }

    private static JsonElement Resolve(JsonElement document, JsonElement schema)
    {
        if (!schema.TryGetProperty("$ref", out var reference))
            return schema;

        var found = document;
        foreach (var step in reference.GetString()!.Split('/').Skip(1))
            found = found.GetProperty(step);
        return found;
    }

    private sealed record Attempt(string Path, string What, string? Body, string ContentType, bool MustFail);
}
