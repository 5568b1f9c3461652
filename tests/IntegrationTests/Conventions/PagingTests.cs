using System.Net;
using System.Text.Json;

namespace Portico.IntegrationTests.Conventions;

public sealed class PagingTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private ProbeApp App => probes.App;

    [Fact]
    public async Task Leads_through_every_item_once_by_link_alone()
    {
        var next = $"{Requests.Probes}?limit=20&colour=skyBlue";
        List<string> names = [];
        for (var page = 0; next.Length > 0 && page < 5; page++)
        {
            var response = await App.Get(next);
            var body = await response.Body();
            names.AddRange(body.GetProperty("items").EnumerateArray().Select(item => item.Text("displayName")));
            Assert.All(body.GetProperty("items").EnumerateArray(), item => Assert.Equal("skyBlue", item.Text("colour")));
            var link = response.Header("Link");
            Assert.Equal(link.Length == 0, body.GetProperty("nextCursor").ValueKind == JsonValueKind.Null);
            next = link.Length == 0
                ? ""
                : link[(link.IndexOf('<', StringComparison.Ordinal) + 1)..link.IndexOf('>', StringComparison.Ordinal)];
            Assert.True(next.Length == 0 || link.EndsWith("rel=\"next\"", StringComparison.Ordinal));
        }

        Assert.Equal(Enumerable.Range(0, 45).Select(n => $"{n}"), names);
    }

    [Fact]
    public async Task Gives_20_unless_told_otherwise() =>
        Assert.Equal(20, (await App.Get(Requests.Probes).Json(HttpStatusCode.OK)).GetProperty("items").GetArrayLength());

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("limit=ten", "limit")]
    [InlineData("limit=0x10", "limit")]
    [InlineData("limit=%205", "limit")]
    [InlineData("limit=05", "limit")]
    [InlineData("limit=%2B5", "limit")]
    [InlineData("limit=1&limit=2", "limit")]
    [InlineData("cursor=nonsense", "cursor")]
    [InlineData("cursor=eyJ2IjoyfQ", "cursor")]
    [InlineData("cursor=%00", "cursor")]
    [InlineData("colour=1", "colour")]
    [InlineData("colour=deepRed,skyBlue", "colour")]
    [InlineData("at=2026-11-21T10:00:00", "at")]
    public async Task Refuses_bad_values_of_the_query_by_name(string query, string field)
    {
        var problem = await App.Get($"{Requests.Probes}?{query}").Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal([field], problem.Fields());
    }
}
