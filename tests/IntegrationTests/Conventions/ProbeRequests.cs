using System.Text;
using System.Text.Json;

namespace Portico.IntegrationTests.Conventions;

internal static class Requests
{
    public const string Probes = "/api/v1/probes";

    public static async Task<HttpResponseMessage> SendJson(
        this ProbeApp app, string json, string contentType = "application/json", string path = Probes)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(json));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return await app.Client.PostAsync(path, content);
    }

    public static async Task<HttpResponseMessage> Send(
        this ProbeApp app, HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, new Uri(app.Api, path));
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await app.Client.SendAsync(request);
    }

    public static Task<HttpResponseMessage> Get(this ProbeApp app, string path, params (string Name, string Value)[] headers) =>
        app.Send(HttpMethod.Get, path, headers);

    public static string Header(this HttpResponseMessage response, string name) =>
        string.Join(
            ", ",
            response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? values : []);

    public static async Task<JsonElement> Body(this HttpResponseMessage response) =>
        JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());

    public static string[] Fields(this JsonElement problem) =>
        [.. problem.GetProperty("errors").EnumerateObject().Select(field => field.Name)];
}
