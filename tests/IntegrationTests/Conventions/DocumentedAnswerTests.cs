using System.Net;
using System.Text.Json;
using Portico.Testing;

namespace Portico.IntegrationTests.Conventions;

/// <summary>The OpenAPI document says of each field of an answer that it is there, so that clients need no check.</summary>
public sealed class DocumentedAnswerTests
{
    private const string Components = "#/components/schemas/";

    [Fact]
    public async Task Each_field_of_an_answer_is_required_in_the_document()
    {
        var app = await PorticoApp.SharedAsync();
        var document = await app.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        HashSet<string> requests = [];
        HashSet<string> answers = [];
        foreach (var operation in Operations(document))
        {
            if (operation.TryGetProperty("requestBody", out var body))
                Collect(document, body, requests);
            foreach (var response in operation.GetProperty("responses").EnumerateObject().Where(response => response.Name[0] == '2'))
                Collect(document, response.Value, answers);
        }

        // Its parts are left out unless they are asked for.
        Assert.True(answers.Remove("DashboardDto"));
        answers.ExceptWith(requests);
        Assert.Superset(new HashSet<string> { "AccountDto", "EventDto", "PaymentDto", "WalletDto" }, answers);
        Assert.Empty(
            from name in answers
            let schema = Schema(document, name)
            where schema.TryGetProperty("properties", out _)
            from field in schema.GetProperty("properties").EnumerateObject()
            where !(schema.TryGetProperty("required", out var required) && required.EnumerateArray().Any(r => r.GetString() == field.Name))
            select $"{name}.{field.Name}");
    }

    [Fact]
    public async Task A_field_that_a_request_may_leave_out_stays_optional()
    {
        var app = await PorticoApp.SharedAsync();
        var document = await app.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        var required = Schema(document, "BlockUser").GetProperty("required").EnumerateArray().Select(name => name.GetString());
        Assert.Equal(["reason"], required);
        Assert.False(Schema(document, "DeleteUser").TryGetProperty("required", out _));
    }

    [Fact]
    public async Task Only_the_parts_of_a_dashboard_may_be_left_out()
    {
        var app = await PorticoApp.SharedAsync();
        var document = await app.Client.GetAsync("/openapi/v1.json").Json(HttpStatusCode.OK);
        var required = Schema(document, "DashboardDto").GetProperty("required").EnumerateArray().Select(name => name.GetString());
        Assert.Equal(["errors", "parts"], required.Order());
    }

    private static IEnumerable<JsonElement> Operations(JsonElement document) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from member in path.Value.EnumerateObject()
        where member.Value.ValueKind == JsonValueKind.Object && member.Value.TryGetProperty("responses", out _)
        select member.Value;

    private static JsonElement Schema(JsonElement document, string name) =>
        document.GetProperty("components").GetProperty("schemas").GetProperty(name);

    /// <summary>Adds the names of all schemas that an element refers to.</summary>
    private static void Collect(JsonElement document, JsonElement element, HashSet<string> names)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
                Collect(document, item, names);
            return;
        }

        if (element.ValueKind != JsonValueKind.Object)
            return;
        foreach (var member in element.EnumerateObject().Where(member => member.Name is not "example"))
        {
            if (member.Name != "$ref" || member.Value.ValueKind != JsonValueKind.String)
                Collect(document, member.Value, names);
            else if (member.Value.GetString()! is var reference && reference.StartsWith(Components, StringComparison.Ordinal)
                && names.Add(reference[Components.Length..]))
            {
                Collect(document, Schema(document, reference[Components.Length..]), names);
            }
        }
    }
}
