using System.Globalization;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.SignIn;
using Portico.Testing;
using StackExchange.Redis;

namespace Portico.IntegrationTests.Auth;

/// <summary>Strangers who request and guess as many codes of one address as they can, and the owner of the address.</summary>
/// <remarks>Time passes by moving what Redis remembers.</remarks>
public sealed class CodeAttackTests : IAsyncLifetime
{
    private const int DaysInSuite = 2;
    private const int Days = 7;

    // Moves the entries of each key, and its expiry, into the past.
    private const string PassScript = """
        local time = tonumber(ARGV[1])
        for _, key in ipairs(KEYS) do
            local left = redis.call('PTTL', key)
            if left <= time then
                redis.call('DEL', key)
            else
                local kind = redis.call('TYPE', key).ok
                if kind == 'zset' then
                    for _, member in ipairs(redis.call('ZRANGE', key, 0, -1)) do
                        redis.call('ZINCRBY', key, -time, member)
                    end
                elseif kind == 'hash' then
                    local codes = redis.call('HGETALL', key)
                    for i = 1, #codes, 2 do
                        local code = cjson.decode(codes[i + 1])
                        code.ends = code.ends - time
                        redis.call('HSET', key, codes[i], cjson.encode(code))
                    end
                end
                redis.call('PEXPIRE', key, left - time)
            end
        end
        return 0
        """;

    private const string NowScript = "local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000)";

    private const string CountScript = """
        local total = redis.call('ZCOUNT', KEYS[1], ARGV[1], '+inf')
        for i = 3, #KEYS do
            for _, code in ipairs(redis.call('HVALS', KEYS[i])) do
                total = total + cjson.decode(code).tries
            end
        end
        return total
        """;

    private readonly string _prefix = $"attack-{Guid.NewGuid():N}:";
    private readonly Random _any = new(1);
    private PorticoApp _app = null!;
    private ConnectionMultiplexer _redis = null!;

    private ICodes Codes => _app.Services.GetRequiredService<ICodes>();

    private OtpSettings Settings => _app.Services.GetRequiredService<OtpSettings>();

    public async Task InitializeAsync()
    {
        _app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Settings =
            {
                ["Redis:KeyPrefix"] = _prefix,
                // The limits of a client over all addresses stop no stranger here, who does in seconds what takes a week.
                ["Otp:MaxPerHourAndClient"] = "1000000",
                ["Otp:MaxTriesPerHourAndClient"] = "1000000",
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
    public Task The_owner_gets_in_each_day_whatever_strangers_in_8_networks_do() => Campaign.Run(1, async seed =>
    {
        var random = new Random(seed);
        var (owner, home) = await SignUp();
        var attack = new Attack(random, [.. Enumerable.Range(1, random.Next(1, 9)).Select(n => new Client($"203.0.113.{n}"))]);
        var days = Campaign.IsOnRequest ? Days : DaysInSuite;
        for (var day = 0; day < days; day++)
        {
            // In a random order: at home twice, and twice from a network that nobody knows, once without the id of the request.
            var elsewhere = new Client($"198.51.100.{day + 1}");
            (Client Client, bool WithId)[] visits = [(home, true), (home, true), (elsewhere, false), (elsewhere, true)];
            random.Shuffle(visits);
            foreach (var (client, withId) in visits)
            {
                await Pass(owner, TimeSpan.FromMinutes(random.Next(20, 360)), attack);
                await Strike(owner, attack);
                await GetIn(owner, client, withId, attack, $"Day {day}, {attack.Strangers.Length} strangers");
            }

            await Pass(owner, TimeSpan.FromDays(day + 1) - attack.Now, attack);
        }

        foreach (var (at, _) in attack.Guesses)
        {
            var guesses = attack.Guesses.Where(guess => guess.At <= at && guess.At > at - TimeSpan.FromDays(1)).Sum(guess => guess.Count);
            Assert.InRange(guesses, 0, OtpSettings.MaxGuesses);
        }

        Assert.True(attack.Guesses.Sum(guess => guess.Count) >= 10 * attack.Strangers.Length, "The strangers hardly guessed.");
    });

    [Fact]
    public async Task No_more_guesses_of_a_day_count_than_hit_with_3_in_10000_however_many_networks_guess()
    {
        Assert.True(ContactAddress.TryParseEmail(PorticoApp.NewEmail(), out var owner));
        var attack = new Attack(new Random(2), [.. Enumerable.Range(1, 20).Select(n => new Client($"203.0.113.{n}"))]);
        foreach (var hours in new[] { 1, 11, 11 })
        {
            await Strike(owner, attack);
            await Pass(owner, TimeSpan.FromHours(hours), attack);
        }

        // All that can be had: each code that a stranger may request, and every guess without a request id.
        Assert.Equal((Settings.OpenPerDay * Settings.MaxTries) + Settings.FreeGuesses, attack.Guesses.Sum(guess => guess.Count));
        Assert.InRange(attack.Guesses.Sum(guess => guess.Count) / 1e6, 0, 3e-4);
    }

    [Fact]
    public async Task A_network_from_which_the_owner_has_signed_in_has_codes_of_its_own()
    {
        var (owner, home) = await SignUp();
        for (var n = 1; n <= 50; n++)
            await Codes.Issue(owner, CodeScope.Registration, new Client($"203.0.113.{n}"), default);

        var elsewhere = await Codes.Issue(owner, CodeScope.PasswordReset, new Client("198.51.100.7"), default);
        Assert.Equal("too_many_codes", elsewhere.Error?.Code);
        Assert.InRange(elsewhere.Error!.RetryAfter!.Value.TotalHours, 23, 25);
        for (var n = 0; n < Settings.ReservedPerDay; n++)
        {
            Assert.True((await Codes.Issue(owner, CodeScope.PasswordReset, home, default)).IsSuccess, $"Reserved code {n}");
            await Pass(owner, TimeSpan.FromHours(1));
        }

        Assert.Equal("too_many_codes", (await Codes.Issue(owner, CodeScope.PasswordReset, home, default)).Error?.Code);

        // With another address in the same neighbourhood, the same program is a known device.
        var (known, neighbour) = (_app.Services.GetRequiredService<KnownClients>(), new Client("127.0.0.77"));
        Assert.True(await known.Contains(owner, neighbour, default));
        Assert.False(await known.Contains(owner, neighbour with { UserAgent = "curl/8" }, default));
    }

    [Fact]
    public async Task A_client_gets_5_codes_in_an_hour_and_10_in_a_day_and_others_get_theirs()
    {
        var (owner, _) = await SignUp();
        var client = new Client("203.0.113.1");
        for (var sent = 0; sent < Settings.MaxPerDay; sent++)
        {
            if (sent == Settings.MaxPerHour)
            {
                await Refused(TimeSpan.FromMinutes(50), TimeSpan.FromMinutes(60));
                await Pass(owner, TimeSpan.FromHours(1));
            }

            Assert.True((await Codes.Issue(owner, CodeScope.Registration, client, default)).IsSuccess, $"Code {sent}");
            await Refused(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60), sent is 4 or 9);
            await Pass(owner, TimeSpan.FromMinutes(1));
        }

        await Pass(owner, TimeSpan.FromHours(1));
        await Refused(TimeSpan.FromHours(21), TimeSpan.FromHours(22));
        Assert.True((await Codes.Issue(owner, CodeScope.Registration, new Client("203.0.113.2"), default)).IsSuccess);

        async Task Refused(TimeSpan least, TimeSpan most, bool longer = false)
        {
            var refusal = (await Codes.Issue(owner, CodeScope.Registration, client, default)).Error;
            Assert.Equal("too_many_codes", refusal?.Code);
            Assert.InRange(refusal!.RetryAfter!.Value, least, longer ? TimeSpan.FromDays(1) : most);
        }
    }

    [Fact]
    public async Task Tries_before_there_is_a_code_leave_nothing_behind()
    {
        var (owner, home) = await SignUp();
        foreach (var key in Keys(owner))
            await _redis.GetDatabase().KeyDeleteAsync(key);
        for (var n = 0; n < 20; n++)
            await Codes.Consume(owner, CodeScope.PasswordReset, "000000", n % 2 == 0 ? null : "unknown", home.IpAddress, default);
        Assert.Equal(0, await _redis.GetDatabase().KeyExistsAsync(Keys(owner)));
    }

    [Fact]
    public async Task Each_code_has_tries_of_its_own_with_its_request_and_without_it()
    {
        var (owner, home) = await SignUp();
        var first = (await Codes.Issue(owner, CodeScope.PasswordReset, home, default)).Value;
        var second = (await Codes.Issue(owner, CodeScope.PasswordReset, new Client("203.0.113.1"), default)).Value;
        var wrong = Wrong([first.Code, second.Code]);
        for (var n = 0; n < Settings.MaxTries; n++)
        {
            Assert.False(await Try(wrong, second.RequestId));
            Assert.False(await Try(wrong));
        }

        // Without the request there are no tries left, neither for the first nor for the second code; with it for the first only.
        Assert.False(await Try(first.Code));
        Assert.False(await Try(second.Code, second.RequestId));
        Assert.False(await Try(second.Code, first.RequestId));
        Assert.True(await Try(first.Code, first.RequestId));
        Assert.False(await Try(first.Code, first.RequestId));

        async Task<bool> Try(string code, string? requestId = null) =>
            (await Codes.Consume(owner, CodeScope.PasswordReset, code, requestId, home.IpAddress, default)).IsSuccess;
    }

    private async Task<(ContactAddress Address, Client Home)> SignUp()
    {
        var person = await _app.SignUpAsync();
        Assert.True(ContactAddress.TryParseEmail(person.Email, out var address));
        return (address, new Client("127.0.0.1"));
    }

    /// <summary>The owner requests a code, mistypes it, and gets in, while the strangers do all that they can.</summary>
    private async Task GetIn(ContactAddress owner, Client client, bool withId, Attack attack, string when)
    {
        var scope = attack.Random.Next(2) == 0 ? CodeScope.Registration : CodeScope.PasswordReset;
        var sent = attack.Sent[scope.Purpose];
        var issued = await Codes.Issue(owner, scope, client, default);
        Assert.True(issued.IsSuccess, $"{when}, {client.IpAddress}: {issued.Error?.Code}, {issued.Error?.RetryAfter}");
        sent.Add(issued.Value);
        await Strike(owner, attack);

        var typos = attack.Random.Next(withId ? Settings.MaxTries : 2);
        for (var n = 0; n < typos; n++)
            Assert.False((await Try(attack.Wrong())).IsSuccess);
        var entered = await Try(withId ? issued.Value.Code : sent[^1].Code);
        Assert.True(entered.IsSuccess, $"{when}, {client.IpAddress}, with id: {withId}, {typos} typos: the right code was refused.");
        sent.Clear();

        Task<Result<Unit>> Try(string code) =>
            Codes.Consume(owner, scope, code, withId ? issued.Value.RequestId : null, client.IpAddress, default);
    }

    /// <summary>Each stranger requests and guesses until nothing counts any more.</summary>
    private async Task Strike(ContactAddress owner, Attack attack)
    {
        CodeScope[] scopes = [CodeScope.Registration, CodeScope.PasswordReset];
        foreach (var scope in scopes)
        {
            foreach (var stranger in attack.Strangers)
            {
                if ((await Codes.Issue(owner, scope, stranger, default)) is { IsSuccess: true } issued)
                    attack.Add(scope.Purpose, issued.Value);
            }
        }

        var since = (long)await _redis.GetDatabase().ScriptEvaluateAsync(NowScript);
        var before = await Count(owner, since);
        foreach (var scope in scopes)
        {
            foreach (var id in attack.TakeIds(scope.Purpose))
            {
                for (var n = 0; n <= Settings.MaxTries; n++)
                    await Guess(scope, id, attack.Strangers[0]);
            }

            foreach (var stranger in attack.Strangers)
            {
                for (var (last, now) = (-1L, await Count(owner, since)); last != now;)
                {
                    await Guess(scope, null, stranger);
                    (last, now) = (now, await Count(owner, since));
                }
            }
        }

        attack.Guesses.Add((attack.Now, (int)(await Count(owner, since) - before)));

        Task<Result<Unit>> Guess(CodeScope scope, string? id, Client stranger) =>
            Codes.Consume(owner, scope, attack.Wrong(), id, stranger.IpAddress, default);
    }

    /// <summary>The comparisons with codes of the address: all with a request id, and those without it since a time.</summary>
    private async Task<long> Count(ContactAddress owner, long since) =>
        (long)await _redis.GetDatabase().ScriptEvaluateAsync(CountScript, Keys(owner), [since]);

    /// <summary>All that Redis remembers of the codes of an address.</summary>
    private RedisKey[] Keys(ContactAddress owner)
    {
        var name = _app.Services.GetRequiredService<Pseudonyms>().Of(owner);
        return
        [
            $"{_prefix}code-guesses:{{{name}}}", $"{_prefix}code-requests:{{{name}}}",
            $"{_prefix}codes:{{{name}}}:registration", $"{_prefix}codes:{{{name}}}:passwordReset",
        ];
    }

    private async Task Pass(ContactAddress owner, TimeSpan time, Attack? attack = null)
    {
        await _redis.GetDatabase().ScriptEvaluateAsync(PassScript, Keys(owner), [(long)time.TotalMilliseconds]);
        if (attack is not null)
            attack.Now += time;
    }

    private string Wrong(string[] codes)
    {
        string code;
        do
            code = _any.Next(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
        while (codes.Contains(code, StringComparer.Ordinal));
        return code;
    }

    private sealed record Client(string Address) : IClient
    {
        public IPAddress? IpAddress { get; } = IPAddress.Parse(Address);
        public string? UserAgent { get; init; }
        public string Locale => "en";
    }

    /// <summary>The strangers, what was sent since the owner got in last, and how many guesses counted.</summary>
    private sealed class Attack(Random random, Client[] strangers)
    {
        private readonly List<(CodePurpose Purpose, string Id)> _ids = [];

        public Random Random { get; } = random;
        public Client[] Strangers { get; } = strangers;
        public TimeSpan Now { get; set; }
        public List<(TimeSpan At, int Count)> Guesses { get; } = [];
        public Dictionary<CodePurpose, List<IssuedCode>> Sent { get; } =
            new() { [CodePurpose.Registration] = [], [CodePurpose.PasswordReset] = [] };

        public void Add(CodePurpose purpose, IssuedCode issued)
        {
            Sent[purpose].Add(issued);
            _ids.Add((purpose, issued.RequestId));
        }

        public string[] TakeIds(CodePurpose purpose)
        {
            var ids = _ids.Where(request => request.Purpose == purpose).Select(request => request.Id).ToArray();
            _ids.RemoveAll(request => request.Purpose == purpose);
            return ids;
        }

        /// <summary>A code that was not sent: nobody is lucky here.</summary>
        public string Wrong()
        {
            var sent = Sent.Values.SelectMany(codes => codes).Select(code => code.Code).ToHashSet(StringComparer.Ordinal);
            string code;
            do
                code = Random.Next(1_000_000).ToString("D6", CultureInfo.InvariantCulture);
            while (sent.Contains(code));
            return code;
        }
    }
}
