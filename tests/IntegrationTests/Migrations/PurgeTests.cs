using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Portico.Domain.Users;
using Portico.IntegrationTests.Characters;
using Portico.IntegrationTests.Forecasts;
using Portico.Migrator;
using Portico.Testing;
using static Portico.IntegrationTests.Forecasts.ForecastWorld;

namespace Portico.IntegrationTests.Migrations;

public sealed class PurgeTests : IAsyncLifetime
{
    private PorticoApp _app = null!;
    private TestPerson _manager = null!;
    private TestPerson _ada = null!;

    public async Task InitializeAsync()
    {
        _app = await PorticoApp.StartAsync(new PorticoAppOptions());
        _manager = await _app.SignUpAsync(Role.Manager);
        _ada = await _app.SignUpAsync();
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public async Task Removes_what_was_deleted_long_ago_and_nothing_refers_to()
    {
        var (kept, _) = await _ada.CreateCharacter("Kept");
        var (young, _) = await Deleted(days: 29);
        var (old, _) = await Deleted(days: 31);
        // An event whose forecast stays, one whose forecast goes first, and one that is not deleted.
        var staying = await Event(deleteForecast: false);
        var going = await Event(deleteForecast: true);
        var (present, _) = await _manager.Announce();

        var removed = await Purge("30d");
        Assert.Equal(
            (1, 1, 1),
            (
                removed.GetProperty("characters").GetInt32(),
                removed.GetProperty("forecasts").GetInt32(),
                removed.GetProperty("events").GetInt32()));
        Assert.Equal([kept, young], await Ids("characters", kept, young, old));
        Assert.Equal([staying, present], await Ids("events", staying, going, present));
        await _ada.SendAsync(HttpMethod.Post, $"{CharacterCalls.Path}/{young}/restore").Json(HttpStatusCode.OK);
        await _ada.SendAsync(HttpMethod.Post, $"{CharacterCalls.Path}/{old}/restore").Problem(HttpStatusCode.NotFound, "not_found");
        Assert.All((await Purge("30d")).EnumerateObject(), table => Assert.Equal(0, table.Value.GetInt32()));
    }

    [Theory]
    [InlineData("1h")]
    [InlineData("0d")]
    [InlineData("soon")]
    public async Task Refuses_an_age_that_may_be_a_slip(string age)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.Equal(1, await MigratorApp.RunAsync(["purge", "--older-than", age], Configuration(), output, error, default));
        Assert.Contains("--older-than", error.ToString(), StringComparison.Ordinal);
    }

    private async Task<(string Id, string Tag)> Deleted(int days)
    {
        var (id, tag) = await _ada.CreateCharacter();
        await _ada.Delete(id, tag).Json(HttpStatusCode.NoContent);
        await _app.Database.ExecuteAsync(
            "UPDATE characters SET deleted_at = deleted_at - make_interval(days => $2) WHERE id = $1", Guid.Parse(id), days);
        return (id, tag);
    }

    private async Task<string> Event(bool deleteForecast)
    {
        var (id, _) = await _manager.Announce();
        var (forecast, tag) = await _ada.Forecasted(id);
        if (deleteForecast)
            await _ada.SendAsync(HttpMethod.Delete, $"{ForecastPath}/{forecast}", null, ("If-Match", tag)).Json(HttpStatusCode.NoContent);
        await _manager.SendAsync(HttpMethod.Delete, $"{EventPath}/{id}", null, ("If-Match", "*")).Json(HttpStatusCode.NoContent);
        await _app.Database.ExecuteAsync("UPDATE events SET deleted_at = deleted_at - interval '31 days' WHERE id = $1", Guid.Parse(id));
        if (deleteForecast)
            await _app.Database.ExecuteAsync(
                "UPDATE forecasts SET deleted_at = deleted_at - interval '31 days' WHERE id = $1", Guid.Parse(forecast));
        return id;
    }

    private async Task<JsonElement> Purge(string age)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        Assert.True(
            await MigratorApp.RunAsync(["purge", "--older-than", age, "--json"], Configuration(), output, error, default) == 0,
            error.ToString());
        return JsonSerializer.Deserialize<JsonElement>(output.ToString()).GetProperty("removed");
    }

    private async Task<string[]> Ids(string table, params string[] ids)
    {
        List<string> found = [];
        foreach (var id in ids)
        {
            if (await _app.Database.ScalarAsync<long>($"SELECT count(*) FROM {table} WHERE id = $1", Guid.Parse(id)) == 1)
                found.Add(id);
        }

        return [.. found];
    }

    private IConfigurationRoot Configuration() => new ConfigurationBuilder().AddInMemoryCollection(_app.Database.Settings()).Build();
}
