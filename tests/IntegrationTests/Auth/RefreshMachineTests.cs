using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Infrastructure.Sessions;
using Portico.Testing;
using StackExchange.Redis;

namespace Portico.IntegrationTests.Auth;

/// <summary>Random histories of sessions on real Redis, step by step beside a model, and in races judged by their outcome.</summary>
/// <remarks>
/// Time passes by moving what Redis remembers, so that the grace is over exactly when the history says so.
/// </remarks>
public sealed class RefreshMachineTests : IAsyncLifetime
{
    private const int Histories = 40;
    private const int Steps = 25;
    private const int Racers = 64;

    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);
    private readonly string _prefix = $"machine-{Guid.NewGuid():N}:";
    private PorticoApp _app = null!;
    private ConnectionMultiplexer _redis = null!;

    private ISessions Sessions => _app.Services.GetRequiredService<ISessions>();

    public async Task InitializeAsync()
    {
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["Redis:KeyPrefix"] = _prefix,
                ["Sessions:ReuseGrace"] = Grace.ToString("c", CultureInfo.InvariantCulture),
            },
        });
        _redis = await ConnectionMultiplexer.ConnectAsync(_app.Stack.Redis.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        _redis.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    [Trait("Category", Campaign.Category)]
    public async Task Has_one_live_successor_at_most_and_never_brings_an_ended_session_back()
    {
        await Campaign.Run(Histories, async seed =>
        {
            var history = new List<string>();
            try
            {
                await Live(new Random(seed), history);
            }
            catch (Exception failure)
            {
                Assert.Fail($"{failure.Message}\n{string.Join('\n', history)}");
            }
        });
    }

    private async Task Live(Random random, List<string> history)
    {
        var userId = Guid.CreateVersion7();
        var models = new List<Model>();
        for (var n = 0; n < 3; n++)
        {
            var ticket = await Sessions.Open(userId, 0, hasSecondFactor: false, new Client(), default);
            models.Add(new Model(userId, ticket.SessionId, ticket.RefreshToken));
        }

        for (var step = 0; step < Steps; step++)
        {
            var model = models[random.Next(models.Count)];
            var name = $"session {models.IndexOf(model)}, generation {model.Generation}, {(model.IsAlive ? "alive" : "dead")}: ";
            switch (random.Next(100))
            {
                case < 40:
                    await Rotate(model, PickToken(model, random), history, name);
                    break;
                case < 55:
                    history.Add(name + "the grace passes");
                    await Pass(model);
                    break;
                case < 62:
                    history.Add(name + "Redis loses the last rotation");
                    await Lose(model);
                    break;
                case < 88:
                    await Race(model, random, history, name);
                    break;
                case < 92:
                    history.Add(name + "continues after a password change");
                    await Continue(model);
                    break;
                case < 96:
                    history.Add(name + "ends");
                    await Sessions.End(userId, model.SessionId, default);
                    (model.IsAlive, model.Tells) = (false, Tells.Never);
                    break;
                case < 98:
                    history.Add(name + "all others end");
                    await Sessions.EndOthers(userId, model.SessionId, default);
                    models.ForEach(other => other.IsAlive &= other == model);
                    break;
                default:
                    history.Add("all end");
                    await Sessions.EndAll(userId, default);
                    models.ForEach(other => other.IsAlive = false);
                    break;
            }

            var live = await Sessions.List(userId, default);
            Assert.Equal(
                models.Where(other => other.IsAlive).Select(other => other.SessionId).Order(), live.Select(session => session.Id).Order());
        }

        foreach (var model in models)
            await Judge(model, history, $"session {models.IndexOf(model)} in the end");
    }

    /// <summary>One use of a token, which the model foretells exactly.</summary>
    private async Task Rotate(Model model, uint generation, List<string> history, string name)
    {
        var answer = await Sessions.Rotate(model.Tokens[generation], default);
        history.Add($"{name}rotates {generation}: {Describe(answer)}");
        var accepted = model.Accepts(generation);
        Assert.Equal(accepted, answer.Ticket is not null);
        Assert.Equal(model.IsAlive && !accepted && model.IsInGrace(generation), answer.IsSuperseded);
        Assert.Equal((model.IsAlive && !accepted && !answer.IsSuperseded) || model.Tells == Tells.Now, answer.Reused is not null);
        if (answer.Reused is not null)
            model.Tells = Tells.Later;
        model.IsAlive &= accepted || answer.IsSuperseded;
        if (accepted)
            model.Take(generation, answer.Ticket!.RefreshToken);
    }

    /// <summary>
    /// Many uses of a few tokens at once, and now and then an end among them: whatever their order was, it must have been one.
    /// </summary>
    private async Task Race(Model model, Random random, List<string> history, string name)
    {
        var tokens = Enumerable.Range(0, random.Next(1, 3)).Select(_ => PickToken(model, random)).ToArray();
        var picks = Enumerable.Range(0, Racers).Select(_ => tokens[random.Next(tokens.Length)]).ToArray();
        var ends = random.Next(6) == 0;
        var at = random.Next(Racers);
        var answers = await Task.WhenAll(picks.Select(async (generation, n) =>
        {
            await Task.Yield();
            if (ends && n == at)
                await Sessions.End(model.UserId, model.SessionId, default);
            return (Generation: generation, Answer: await Sessions.Rotate(model.Tokens[generation], default));
        }));
        var successes = answers.Where(a => a.Answer.Ticket is not null).ToArray();
        // One that is neither new nor in its grace, whatever the others do meanwhile.
        var isReused = picks.Any(token => token < model.Generation && !model.IsInGrace(token));
        history.Add($"{name}{Racers} race with {string.Join(", ", tokens)}{(ends ? " and an end" : "")}: {successes.Length} ok");

        Assert.True(model.IsAlive || successes.Length == 0, "An ended session came back.");
        Assert.All(
            successes.GroupBy(a => a.Generation),
            same => Assert.Single(same.Select(a => a.Answer.Ticket!.RefreshToken).Distinct(StringComparer.Ordinal)));
        // Among living tokens there is no order in which the current one, used by many in its grace, is refused.
        if (model.IsAlive && !ends && tokens.All(token => token == tokens[0] && token >= model.Generation))
            Assert.Equal(Racers, successes.Length);

        // Of a reuse one is told, and nobody of an end that was asked for.
        var told = answers.Count(a => a.Answer.Reused is not null);
        Assert.InRange(told, 0, 1);
        if (!ends)
            Assert.Equal((model.IsAlive && isReused) || model.Tells == Tells.Now, told == 1);
        model.Tells = ends ? Tells.Never : told == 1 ? Tells.Later : model.Tells;

        // Only the death of the session refuses, and nothing outlives it.
        if (!ends && !isReused && model.IsAlive)
        {
            Assert.All(
                answers, a => Assert.True(a.Answer.Ticket is not null || a.Answer.IsSuperseded, "A living session refused a token."));
        }

        model.IsAlive &= !ends && !isReused;
        foreach (var (generation, answer) in successes)
            model.Take(generation, answer.Ticket!.RefreshToken);
        await Judge(model, history, name + "after the race");
    }

    /// <summary>
    /// A dead session refuses every token it ever had; a living one gives all who use its newest token one and the same successor.
    /// </summary>
    private async Task Judge(Model model, List<string> history, string name)
    {
        if (!model.IsAlive)
        {
            var answers = await Task.WhenAll(model.Tokens.Values.Select(token => Sessions.Rotate(token, default)));
            model.Tells = model.Tells == Tells.Now ? Tells.Later : model.Tells;
            history.Add($"{name}: dead");
            Assert.All(
                answers, answer => Assert.False(answer.Ticket is not null || answer.IsSuperseded, "An ended session came back."));
            Assert.True(
                await _app.Services.GetRequiredService<IRevokedSessions>().Contains(model.SessionId, default), "Its access tokens go on.");
            return;
        }

        var newest = model.Tokens.Keys.Max();
        var successors = await Task.WhenAll(Enumerable.Range(0, Racers).Select(_ => Sessions.Rotate(model.Tokens[newest], default)));
        history.Add($"{name}: alive at {newest}");
        Assert.All(successors, answer => Assert.True(answer.Ticket is not null, "A living session refused its newest token."));
        model.Take(newest, Assert.Single(successors.Select(answer => answer.Ticket!.RefreshToken).Distinct(StringComparer.Ordinal)));
    }

    private async Task Pass(Model model)
    {
        if (model.Tells == Tells.Later)
        {
            await _redis.GetDatabase().HashDecrementAsync(Key(model), "reused", (long)Grace.TotalMilliseconds + 1);
            model.Tells = Tells.Now;
        }

        if (!model.IsAlive)
            return;
        await _redis.GetDatabase().HashDecrementAsync(Key(model), "rotated", (long)Grace.TotalMilliseconds + 1);
        await _redis.GetDatabase().HashDeleteAsync(Key(model), "earlier");
        model.InGrace.Clear();
    }

    private async Task Lose(Model model)
    {
        if (!model.IsAlive || model.Generation == 1)
            return;
        await _redis.GetDatabase().HashDecrementAsync(Key(model), "generation");
        // A proof of identity and its rotation are one write.
        if (model.Proved == model.Generation)
        {
            await _redis.GetDatabase().HashDeleteAsync(Key(model), "proved");
            model.Proved = 0;
        }

        model.Generation--;

        // As it was before the rotation, except that the times of earlier ones are lost too.
        await _redis.GetDatabase().HashSetAsync(Key(model), "rotated", 0);
        await _redis.GetDatabase().HashDeleteAsync(Key(model), "earlier");
        model.InGrace.Clear();
    }

    private async Task Continue(Model model)
    {
        var answer = await Sessions.Continue(model.UserId, model.SessionId, 0, default);
        Assert.Equal(model.IsAlive, answer.IsSuccess);
        if (!model.IsAlive)
            return;
        model.Take(model.Generation, answer.Value.RefreshToken);
        model.Proved = model.Generation;
    }

    private static string Describe(Rotation answer) =>
        answer.Ticket is not null ? "ok" : answer.Reused is not null ? "reused" : answer.IsSuperseded ? "superseded" : "refused";

    private RedisKey Key(Model model) => $"{_prefix}session:{{{model.UserId:N}}}:{model.SessionId:N}";

    // Mostly one of the three newest, which are those that matter; of older ones Redis knows the times of 17.
    private static uint PickToken(Model model, Random random)
    {
        var newest = model.Tokens.Keys.Max();
        return random.Next(10) == 0
            ? (uint)random.Next(Math.Max(1, (int)newest - 12), (int)newest + 1)
            : (uint)Math.Max(1, newest - (random.Next(10) is var luck && luck < 6 ? 0 : luck < 9 ? 1 : 2));
    }

    /// <summary>
    /// Whether the next use of a token tells that the session was ended by reuse: until it is ended for good, one is told at a time.
    /// </summary>
    private enum Tells
    {
        Never = 0,
        Later = 1,
        Now = 2,
    }

    /// <summary>What a session must be, and every token that it ever gave out.</summary>
    private sealed class Model(Guid userId, Guid sessionId, string token)
    {
        public Guid UserId { get; } = userId;
        public Guid SessionId { get; } = sessionId;
        public SortedDictionary<uint, string> Tokens { get; } = new() { [1] = token };
        public uint Generation { get; set; } = 1;
        public bool IsAlive { get; set; } = true;

        /// <summary>The tokens that were replaced a moment ago.</summary>
        public HashSet<uint> InGrace { get; } = [];

        /// <summary>The first generation after the last proof of identity.</summary>
        public uint Proved { get; set; }

        public Tells Tells { get; set; }

        public bool IsInGrace(uint generation) => InGrace.Contains(generation);

        public bool Accepts(uint generation) => IsAlive
            && (generation >= Generation || (generation == Generation - 1 && generation >= Proved && IsInGrace(generation)));

        /// <summary>A token was used and gave its successor, always the same one.</summary>
        public void Take(uint generation, string successor)
        {
            if (Tokens.TryGetValue(generation + 1, out var known))
                Assert.Equal(known, successor);
            Tokens[generation + 1] = successor;
            if (generation < Generation)
                return;
            // With those whose rotation Redis has lost.
            for (; Generation <= generation; Generation++)
                InGrace.Add(Generation);
        }
    }

    private sealed class Client : IClient
    {
        public IPAddress? IpAddress => IPAddress.Loopback;
        public string? UserAgent => null;
        public string Locale => "en";
    }
}
