using System.Net;
using System.Text;

namespace Portico.IntegrationTests.Conventions;

public sealed class JsonBodyTests(ProbeFixture probes) : IClassFixture<ProbeFixture>
{
    private ProbeApp App => probes.App;

    [Theory]
    [InlineData("""{}""", "displayName")]
    [InlineData("""{"displayName":null}""", "displayName")]
    [InlineData("""{"displayName":1}""", "displayName")]
    [InlineData("""{"displayName":"a","displayName":"b"}""", "displayName")]
    [InlineData("""{"displayName":"a\u0000b"}""", "displayName")]
    [InlineData("""{"displayName":"\ud800"}""", "displayName")]
    [InlineData("""{"DisplayName":"a"}""", "DisplayName,displayName")]
    [InlineData("""{"displayName":"a","more":1}""", "more")]
    [InlineData("""{"displayName":"a","level":"1"}""", "level")]
    [InlineData("""{"displayName":"a","level":1.5}""", "level")]
    [InlineData("""{"displayName":"a","level":99999999999}""", "level")]
    [InlineData("""{"displayName":"a","rate":1e999}""", "rate")]
    [InlineData("""{"displayName":"a","on":"true"}""", "on")]
    [InlineData("""{"displayName":"a","ownerId":"7"}""", "ownerId")]
    [InlineData("""{"displayName":"a","at":"2026-11-21T10:00:00"}""", "at")]
    [InlineData("""{"displayName":"a","at":"2026-11-21"}""", "at")]
    [InlineData("""{"displayName":"a","at":"tomorrow"}""", "at")]
    [InlineData("""{"displayName":"a","colour":"green"}""", "colour")]
    [InlineData("""{"displayName":"a","colour":0}""", "colour")]
    [InlineData("""{"displayName":"a","parts":{}}""", "parts")]
    [InlineData("""{"displayName":"a","parts":[{"name":"x"},{"count":"2","x":1}]}""", "parts[1].count,parts[1].x,parts[1].name")]
    [InlineData("""{"displayName":"a","parts":[null]}""", "parts[0]")]
    [InlineData("""[]""", "$")]
    [InlineData("""null""", "$")]
    [InlineData("""{"level":"x","on":3}""", "level,on,displayName")]
    [InlineData("", "$")]
    [InlineData("  ", "$")]
    public async Task Names_every_wrong_field_and_no_type_of_ours(string json, string fields)
    {
        var problem = await App.SendJson(json).Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.Equal(fields.Split(','), problem.Fields());
        Assert.DoesNotContain("Portico.", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("System.", problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"displayName":""")]
    [InlineData("""{"displayName":"a",}""")]
    [InlineData("""{"displayName":"a"} x""")]
    [InlineData("""{/* why */"displayName":"a"}""")]
    [InlineData("""{'displayName':'a'}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("NaN")]
    public async Task Says_where_json_is_malformed(string json)
    {
        var problem = await App.SendJson(json).Problem(HttpStatusCode.BadRequest, "malformed_json");
        Assert.Equal(["$"], problem.Fields());
    }

    [Fact]
    public async Task Refuses_deep_nesting_and_text_that_is_no_utf8()
    {
        var deep = $$"""{"displayName":{{new string('[', 40)}}{{new string(']', 40)}}}""";
        await App.SendJson(deep).Problem(HttpStatusCode.BadRequest, "malformed_json");
        var content = new ByteArrayContent([.. "{\"displayName\":\""u8, 0xC3, 0x28, .. "\"}"u8]);
        content.Headers.ContentType = new("application/json");
        await App.Client.PostAsync(Requests.Probes, content).Problem(HttpStatusCode.BadRequest, "malformed_json");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json; charset=utf-16")]
    [InlineData("application/xml")]
    public async Task Refuses_other_media_types(string contentType) =>
        await App.SendJson("""{"displayName":"a"}""", contentType).Problem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");

    [Theory]
    [InlineData("br")]
    [InlineData("gzip")]
    [InlineData("identity, gzip")]
    [Trait("Category", "Cases")]
    public async Task Refuses_a_content_encoding(string coding)
    {
        using var content = new StringContent("""{"displayName":"a"}""", Encoding.UTF8, "application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", coding);
        var response = await App.Client.PostAsync(Requests.Probes, content);
        await response.Problem(HttpStatusCode.UnsupportedMediaType, "unsupported_media_type");
        Assert.Equal("identity", response.Header("Accept-Encoding"));
    }

    [Fact]
    public async Task Takes_a_body_without_a_coding()
    {
        using var content = new StringContent("""{"displayName":"a"}""", Encoding.UTF8, "application/json");
        content.Headers.ContentEncoding.Add("identity");
        await App.Client.PostAsync(Requests.Probes, content).Json(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Calls_a_missing_body_missing_whatever_its_type()
    {
        await App.Send(HttpMethod.Post, Requests.Probes).Problem(HttpStatusCode.BadRequest, "validation_failed");
        await App.Client.PostAsync(Requests.Probes, content: null).Problem(HttpStatusCode.BadRequest, "validation_failed");
    }

    [Theory]
    [InlineData("2026-11-21T12:00:00.1239+02:00", "2026-11-21T10:00:00.123Z")]
    [InlineData("2026-11-21T10:00:00Z", "2026-11-21T10:00:00.000Z")]
    [InlineData("2026-11-21T10:00:00-00:30", "2026-11-21T10:30:00.000Z")]
    public async Task Writes_times_in_utc_with_milliseconds(string given, string written)
    {
        var answer = await App.SendJson($$"""{"displayName":"Ж+<'","at":"{{given}}","colour":"skyBlue"}""").Json(HttpStatusCode.OK);
        Assert.Equal(written, answer.Text("at"));
        Assert.Equal("skyBlue", answer.Text("colour"));
        Assert.Equal("Ж+<'", answer.Text("displayName"));
    }

    [Fact]
    public async Task Takes_a_byte_order_mark() => await App.SendJson("\uFEFF{\"displayName\":\"a\"}").Json(HttpStatusCode.OK);
}
