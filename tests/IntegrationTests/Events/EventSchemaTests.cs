using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portico.IntegrationTests.Forecasts;
using Portico.IntegrationTests.Ledger;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

public sealed class EventSchemaTests
{
    [Fact]
    public async Task What_is_published_has_the_form_that_its_schema_promises()
    {
        var app = await PorticoApp.SharedAsync();
        var person = await app.SignUpAsync();
        var id = (await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK)).GetProperty("id").GetGuid();
        await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { Locale = "ru" }).Json(HttpStatusCode.OK);
        await EventReader.OfAsync(app, id, 2);
        var manager = await app.ManagerAsync();
        var (from, to) = (await person.OpenWalletWithAsync(app, manager, "10.00"), await person.OpenWalletAsync());
        await person.PostAsync(app, "transfers", LedgerPeople.Transfer(from, to, "1.00")).Json(HttpStatusCode.Created);
        await person.PostAsync(app, "holds", LedgerPeople.Transfer(from, to, "1.00")).Json(HttpStatusCode.Created);
        await person.ExchangeAsync(app, manager, from, await person.OpenWalletAsync("USD"), "1.00");
        var (match, _) = await manager.Announce();
        await person.Forecasted(match);
        await manager.SetResult(match).Json(HttpStatusCode.OK);
        string[] told =
        [
            "wallets.opened.v1", "ledger.deposited.v1", "ledger.transfer-posted.v1", "ledger.held.v1", "ledger.exchanged.v1",
            "ledger.head-sealed.v1",
            "event.result-set.v1",
            "forecast.settled.v1", "event.forecasts-settled.v1"
        ];
        await Eventually.Holds(
            async () => !told.Except((await EventReader.AllAsync(app)).Select(found => found.Type)).Any(), "events of every kind");

        // Whatever the other tests have published until now is judged too.
        foreach (var kind in (await EventReader.AllAsync(app)).Where(found => found.Type != TestOutbox.Type).GroupBy(found => found.Type))
        {
            var schema = await app.Client.GetAsync(new Uri(kind.First().Envelope.Text("dataschema"))).Json(HttpStatusCode.OK);
            Assert.Equal(kind.Key, schema.Text("title"));
            foreach (var one in kind)
                AssertFits(schema, one.Data, kind.Key);
        }
    }

    [Fact]
    public async Task Serves_no_schema_of_an_event_that_there_is_not()
    {
        var app = await PorticoApp.SharedAsync();
        using var answer = await app.Client.GetAsync(new Uri("/schemas/users.vanished.v1.json", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("""{"a":"x"}""", false)]
    [InlineData("""{"a":1}""", true)]
    [InlineData("""{"a":1,"unknown":true}""", true)]
    [InlineData("""{}""", false)]
    [InlineData("""[]""", false)]
    public void Judges_by_the_schema(string json, bool fits)
    {
        using var schema = JsonDocument.Parse("""{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}""");
        using var value = JsonDocument.Parse(json);
        var judged = Record.Exception(() => AssertFits(schema.RootElement, value.RootElement, "$"));
        Assert.Equal(fits, judged is null);
    }

    /// <summary>As much of JSON Schema as the schemas use; a keyword that is not known here fails.</summary>
    private static void AssertFits(JsonElement schema, JsonElement value, string path)
    {
        foreach (var keyword in schema.EnumerateObject())
        {
            switch (keyword.Name)
            {
                case "$schema" or "title":
                    break;
                case "type":
                    var types = keyword.Value.ValueKind == JsonValueKind.Array
                        ? keyword.Value.EnumerateArray().Select(type => type.GetString()).ToArray()
                        : [keyword.Value.GetString()];
                    Assert.True(types.Contains(TypeOf(value)), $"{path} is {TypeOf(value)} and not {string.Join(" or ", types)}.");
                    break;
                case "properties":
                    foreach (var property in keyword.Value.EnumerateObject())
                    {
                        if (value.TryGetProperty(property.Name, out var member))
                            AssertFits(property.Value, member, $"{path}.{property.Name}");
                    }

                    break;
                case "required":
                    foreach (var name in keyword.Value.EnumerateArray())
                        Assert.True(value.TryGetProperty(name.GetString()!, out _), $"{path}.{name} is missing.");
                    break;
                case "items":
                    foreach (var (index, item) in value.EnumerateArray().Index())
                        AssertFits(keyword.Value, item, $"{path}[{index}]");
                    break;
                case "enum":
                    Assert.Contains(value.GetRawText(), keyword.Value.EnumerateArray().Select(one => one.GetRawText()));
                    break;
                case "pattern":
                    Assert.True(
                        value.ValueKind != JsonValueKind.String
                            || Regex.IsMatch(value.GetString()!, keyword.Value.GetString()!, RegexOptions.None, TimeSpan.FromSeconds(1)),
                        path);
                    break;
                case "format":
                    AssertFormat(keyword.Value.GetString()!, value, path);
                    break;
                default:
                    Assert.Fail($"The schema of {path} uses {keyword.Name}, which is not judged here.");
                    break;
            }
        }
    }

    private static void AssertFormat(string format, JsonElement value, string path) => Assert.True(
        value.ValueKind == JsonValueKind.Null || format switch
        {
            "uuid" => value.TryGetGuid(out _),
            "date-time" => value.TryGetDateTimeOffset(out _),
            _ => throw new InvalidOperationException($"The format {format} is not judged here."),
        },
        $"{path} is no {format}.");

    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        JsonValueKind.Null => "null",
        _ => value.TryGetInt64(out _) ? "integer" : "number",
    };
}
