using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Portico.Migrator;

namespace Portico.IntegrationTests.Events;

/// <summary><c>Migrator events dead-letters</c> on events that a handler failed at.</summary>
public sealed class DeadLettersCommandTests
{
    [Fact]
    public async Task A_dead_event_that_is_asked_for_twice_has_its_effect_once()
    {
        var world = await EventWorld.CreateAsync();
        var isMended = false;
        await using var process = await world.StartAsync(
            new Script { OnHandle = _ => isMended ? Task.CompletedTask : throw new InvalidOperationException("It is broken.") });
        var id = await process.PublishAsync("broken");
        await world.Dead(1);

        var listed = Assert.Single((await Run(world, "list")).GetProperty("deadLetters").EnumerateArray());
        Assert.Equal(("event", "count", "It is broken."), (listed.Text("kind"), listed.Text("name"), listed.Text("reason")));
        await Run(world, "replay", listed.Text("id"));
        Assert.Equal(1, await process.Replay.Replay(CancellationToken.None));
        Assert.Equal((0, 1), (await world.EffectsAsync(id), await world.CountAsync("dead_events WHERE replay_asked_at IS NULL")));

        isMended = true;
        await Run(world, "replay", "--all");
        await Run(world, "replay", "--all");
        await Task.WhenAll(process.Replay.Replay(CancellationToken.None), process.Replay.Replay(CancellationToken.None));

        Assert.Equal((1, 0), (await world.EffectsAsync(id), await world.CountAsync("dead_events")));
        Assert.Empty((await Run(world, "replay", "--all")).GetProperty("replayed").EnumerateArray());
        Assert.Empty((await Run(world, "list")).GetProperty("deadLetters").EnumerateArray());
    }

    [Fact]
    public async Task What_fails_with_a_text_that_no_column_takes_keeps_no_other_from_a_replay()
    {
        var world = await EventWorld.CreateAsync();
        var isMended = false;
        await using var process = await world.StartAsync(new Script
        {
            OnHandle = counted => isMended && counted.What == "good"
                ? Task.CompletedTask
                : throw new InvalidOperationException($"\0{new string('x', 498)}\U0001F600"),
        });
        await process.PublishAsync("bad");
        await world.Dead(1);
        var good = await process.PublishAsync("good");
        await world.Dead(2);

        isMended = true;
        await Run(world, "replay", "--all");

        Assert.Equal(2, await process.Replay.Replay(CancellationToken.None));
        Assert.Equal((1, 1), (await world.EffectsAsync(good), await world.CountAsync("dead_events WHERE replay_asked_at IS NULL")));
    }

    [Fact]
    public async Task A_process_that_must_not_handle_events_replays_none()
    {
        var world = await EventWorld.CreateAsync();
        await using var process = await world.StartAsync(new Script());
        await process.PublishRawAsync("poison");
        await world.Dead(1);
        await Run(world, "replay", "--all");

        await using var other = world.Process(new Script(), consumes: false);
        Assert.Equal(0, await other.Replay.Replay(CancellationToken.None));

        Assert.Equal(1, await process.Replay.Replay(CancellationToken.None));
    }

    [Fact]
    public async Task What_is_dropped_is_gone()
    {
        var world = await EventWorld.CreateAsync();
        await using var process = await world.StartAsync(new Script());
        await process.PublishRawAsync("poison");
        await process.PublishRawAsync("more poison");
        await world.Dead(2);
        var first = (await Run(world, "list")).GetProperty("deadLetters")[0].Text("id");

        Assert.Equal(first, Assert.Single((await Run(world, "drop", first)).GetProperty("dropped").EnumerateArray()).GetString());

        Assert.Equal(1, await world.CountAsync("dead_events"));
        Assert.Equal(1, (await Run(world, "drop", first)).GetProperty("exitCode").GetInt32());
        Assert.Equal(1, (await Run(world, "drop")).GetProperty("exitCode").GetInt32());
        Assert.Equal(1, await world.CountAsync("dead_events"));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("*")]
    public async Task Refuses_what_is_no_id_and_drops_nothing(string id)
    {
        var world = await EventWorld.CreateAsync();
        await using var process = await world.StartAsync(new Script());
        await process.PublishRawAsync("poison");
        await world.Dead(1);
        var dead = (await Run(world, "list")).GetProperty("deadLetters")[0].Text("id");

        var refused = await Run(world, "drop", dead, id);

        Assert.Equal(1, refused.GetProperty("exitCode").GetInt32());
        Assert.Contains($"'{id}' is no id", refused.Text("error"), StringComparison.Ordinal);
        Assert.Equal(1, await world.CountAsync("dead_events"));
    }

    private static async Task<JsonElement> Run(EventWorld world, params string[] arguments)
    {
        using var output = new StringWriter();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(world.Database.Settings()).Build();
        await MigratorApp.RunAsync(
            ["events", "dead-letters", .. arguments, "--json"], configuration, output, TextWriter.Null, CancellationToken.None);
        return JsonDocument.Parse(output.ToString()).RootElement;
    }
}
