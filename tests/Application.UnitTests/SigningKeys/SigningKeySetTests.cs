using FsCheck;
using FsCheck.Fluent;
using Portico.Application.SigningKeys;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.SigningKeys;

public sealed class SigningKeySetTests
{
    private static readonly DateTimeOffset Noon = TokenWorld.Noon;
    private static readonly TokenSettings Settings = NewSettings("ES256");
    private static readonly KeySealing Sealing = new(Settings);

    [Fact]
    public void The_first_key_signs_at_once_and_the_second_when_it_was_published_long_enough()
    {
        var keys = NewSet();
        var first = Advance(keys, Noon);

        Assert.Equal([KeyStep.Made, KeyStep.Promoted, KeyStep.Made], first);
        Assert.Equal(Noon, keys.Current!.ReadyAt);
        Assert.Equal(Noon + Settings.SigningKeyLead, keys.Next!.ReadyAt);
        Assert.Empty(Advance(keys, Noon + Settings.SigningKeyLifetime - TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void A_key_goes_from_next_to_current_to_previous_to_gone()
    {
        var keys = NewSet();
        Advance(keys, Noon);
        var (first, second) = (keys.Current!, keys.Next!);
        var over = Noon + Settings.SigningKeyLifetime;

        Assert.Equal([KeyStep.Retired, KeyStep.Promoted, KeyStep.Made], Ordered(Advance(keys, over)));
        Assert.Same(second, keys.Current);
        Assert.Equal(KeyState.Previous, first.State);
        Assert.False(first.Open(Sealing).CanSign);

        var dead = over + SigningKeySet.Retention;
        Assert.Empty(Advance(keys, dead - TimeSpan.FromTicks(1)));
        Assert.Equal([KeyStep.Removed], Advance(keys, dead));
        Assert.DoesNotContain(first, keys.Keys);
    }

    [Fact]
    public void Another_algorithm_comes_by_the_same_way()
    {
        var keys = NewSet();
        Advance(keys, Noon);
        var (current, settings) = (keys.Current!, NewSettings("RS256"));
        var changed = Noon + TimeSpan.FromHours(2);

        Assert.Equal([KeyStep.Removed, KeyStep.Made], Advance(keys, changed, settings));
        Assert.Same(current, keys.Current);
        Assert.Empty(Advance(keys, changed + settings.SigningKeyLead - TimeSpan.FromTicks(1), settings));
        Advance(keys, changed + settings.SigningKeyLead, settings);
        Assert.Equal("RS256", keys.Current!.Algorithm);
        Assert.Equal(KeyState.Previous, current.State);
    }

    [Fact]
    public void Nobody_makes_a_key_sign_that_verifiers_can_not_know_yet()
    {
        var keys = NewSet();
        Assert.Throws<SigningKeyException>(() => keys.Rotate(Noon));
        Advance(keys, Noon);
        var failure = Assert.Throws<SigningKeyException>(() => keys.Rotate(Noon + Settings.SigningKeyLead - TimeSpan.FromSeconds(1)));

        Assert.Contains("2026-11-22 12:00:00Z", failure.Message, StringComparison.Ordinal);
        Take(keys.Rotate(Noon + Settings.SigningKeyLead));
        Assert.Null(keys.Next);
    }

    [Fact]
    public void Only_an_emergency_drops_a_key_whose_tokens_are_alive()
    {
        var keys = NewSet();
        Advance(keys, Noon);
        var (current, next) = (keys.Current!, keys.Next!);

        Assert.Throws<SigningKeyException>(() => Take(keys.Drop("unknown", isEmergency: true, Noon)));
        Assert.Throws<SigningKeyException>(() => Take(keys.Drop(current.Id, isEmergency: false, Noon)));
        Assert.Equal([KeyStep.Dropped], Take(keys.Drop(next.Id, isEmergency: false, Noon)));
        // Nobody waits for a key that verifiers know: there is none.
        Assert.Equal(
            [KeyStep.Dropped, KeyStep.Made, KeyStep.Promoted], Take(keys.Drop(current.Id, isEmergency: true, Noon)));
        Assert.Single(keys.Keys);
        Assert.NotEqual(current.Id, keys.Current!.Id);
    }

    [Fact]
    public void Earlier_keys_are_bounded()
    {
        var keys = NewSet();
        var settings = NewSettings("ES256", TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(4));
        var now = Noon;
        for (var n = 0; n < 100; n++, now += TimeSpan.FromSeconds(4))
            Advance(keys, now, settings);

        Assert.Equal(SigningKeySet.MaxPrevious + 2, keys.Keys.Count);
        Assert.Throws<SigningKeyException>(() => keys.Rotate(now));
    }

    [Fact]
    public void No_token_ever_names_a_key_that_a_verifier_does_not_know() =>
        Prop.ForAll(Arb.From(Gen.Choose(int.MinValue, int.MaxValue)), seed => new History(seed).Run()).QuickCheckThrowOnFailure();

    [Fact]
    public void An_emergency_makes_no_key_that_the_servers_could_not_open()
    {
        var keys = NewSet();
        Advance(keys, Noon);
        var (current, next) = (keys.Current!, keys.Next!);
        var other = new KeySealing(new TokenSettings { SealingKey = Convert.ToBase64String(Enumerable.Repeat((byte)1, 32).ToArray()) });

        Assert.Throws<SealedKeyException>(
            () => Take(new SigningKeySet([current], other, TokenKey.Generate).Drop(current.Id, isEmergency: true, Noon)));
        Assert.Throws<SealedKeyException>(
            () => Take(new SigningKeySet([current, next], other, TokenKey.Generate).Drop(current.Id, isEmergency: true, Noon)));
        Assert.Equal(
            [KeyStep.Dropped],
            Take(new SigningKeySet([current, next], other, TokenKey.Generate).Drop(next.Id, isEmergency: true, Noon)));
    }

    private static SigningKeySet NewSet() => new([], Sealing, TokenKey.Generate);

    private static TokenSettings NewSettings(string algorithm, TimeSpan? lead = null, TimeSpan? lifetime = null) => new()
    {
        Issuer = "https://portico.test",
        Algorithm = algorithm,
        SealingKey = Convert.ToBase64String(new byte[32]),
        SigningKeyLead = lead ?? TimeSpan.FromDays(1),
        SigningKeyLifetime = lifetime ?? TimeSpan.FromDays(30),
    };

    private static List<KeyStep> Advance(SigningKeySet keys, DateTimeOffset now, TokenSettings? settings = null)
    {
        List<KeyStep> steps = [];
        while (keys.Due(now, settings ?? Settings) is { } step)
        {
            steps.Add(step().Step);
            Assert.True(steps.Count < 20, "It never ends.");
        }

        return steps;
    }

    private static List<KeyStep> Take(IEnumerable<Func<SigningKeyChange>> steps) => [.. steps.Select(step => step().Step)];

    // Which of two the next key is made before or after does not matter.
    private static List<KeyStep> Ordered(List<KeyStep> steps) =>
        [.. steps.OrderBy(step => step is KeyStep.Retired ? 0 : step is KeyStep.Promoted ? 1 : 2)];

    /// <summary>
    /// Some hours of three replicas that are late to learn, of verifiers that keep what they were told to keep, and of an operator.
    /// </summary>
    private sealed class History(int seed)
    {
        private const int Steps = 300;
        private static readonly TimeSpan Lateness = TimeSpan.FromMinutes(1);

        // Making one takes longer than a history; a turn may need two.
        private static readonly TokenKey[] Rsa = [TokenWorld.Rsa, TokenWorld.OtherRsa, TokenWorld.NewRsa(), TokenWorld.NewRsa()];

        private readonly Random _random = new(seed);
        private readonly Queue<TokenKey> _rsa = new(Rsa);
        private readonly List<(string Key, DateTimeOffset End)> _tokens = [];
        private readonly Replica[] _replicas = [new(), new(), new()];
        private readonly Verifier[] _verifiers = [new(), new()];
        private DateTimeOffset _now = Noon;
        private string _algorithm = "ES256";

        public void Run()
        {
            var lead = TimeSpan.FromSeconds(_random.Next(240, 900));
            var maxAge = lead / 4 < TimeSpan.FromMinutes(5) ? lead / 4 : TimeSpan.FromMinutes(5);
            var lifetime = lead * (1 + (2 * _random.NextDouble()));
            var keys = new SigningKeySet([], Sealing, Generate);
            for (var n = 0; n < Steps; n++)
            {
                _now += TimeSpan.FromSeconds(_random.Next(1, 45));
                if (_random.Next(100) == 0)
                    _algorithm = _algorithm == "ES256" ? "RS256" : "ES256";
                Advance(keys, _now, NewSettings(_rsa.Count > 1 ? _algorithm : "ES256", lead, lifetime));
                Operate(keys);

                Assert.Single(keys.Keys, key => key.State == KeyState.Current);
                Assert.True(keys.Keys.Count(key => key.State == KeyState.Next) <= 1);
                foreach (var replica in _replicas.Where(replica => replica.SeenAt + Lateness <= _now || _random.Next(3) == 0))
                    replica.See(keys, _now);

                _tokens.RemoveAll(token => token.End <= _now);
                _tokens.Add((Any(_replicas).Signer, _now + TimeSpan.FromSeconds(_random.Next(60, 3600)) + TimeSpan.FromSeconds(30)));
                foreach (var (key, end) in _tokens)
                {
                    Assert.True(keys.Keys.Any(known => known.Id == key), $"{key} is gone {end - _now} too early.");
                    foreach (var verifier in _verifiers)
                        Assert.Contains(key, verifier.Keys(Any(_replicas), _now, maxAge));
                }
            }
        }

        private void Operate(SigningKeySet keys)
        {
            if (_random.Next(40) == 0 && keys.Next is { } ready && ready.ReadyAt <= _now && keys.Keys.Count < SigningKeySet.MaxPrevious)
                Take(keys.Rotate(_now));
            else if (_random.Next(80) == 0 && keys.Next is { } next)
                Take(keys.Drop(next.Id, isEmergency: false, _now));
        }

        private TokenKey Generate(string algorithm) => algorithm == "ES256" ? TokenKey.Generate(algorithm) : _rsa.Dequeue();

        private T Any<T>(T[] all) => all[_random.Next(all.Length)];
    }

    private sealed class Replica
    {
        public string Signer { get; private set; } = "";
        public string[] Published { get; private set; } = [];
        public DateTimeOffset SeenAt { get; private set; } = DateTimeOffset.MinValue;

        public void See(SigningKeySet keys, DateTimeOffset now) =>
            (Signer, Published, SeenAt) = (keys.Current!.Id, [.. keys.Keys.Select(key => key.Id)], now);
    }

    private sealed class Verifier
    {
        private string[] _keys = [];
        private DateTimeOffset _until = DateTimeOffset.MinValue;

        public string[] Keys(Replica from, DateTimeOffset now, TimeSpan maxAge)
        {
            if (now >= _until)
                (_keys, _until) = (from.Published, now + maxAge);
            return _keys;
        }
    }
}
