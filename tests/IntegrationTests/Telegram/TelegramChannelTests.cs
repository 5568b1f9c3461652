using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portico.Application.Notifications;
using Portico.Domain.Users;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.Telegram;
using Portico.IntegrationTests.Conventions;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.Telegram;

/// <summary>What the channel does about each failure of Telegram, and which process asks it for updates.</summary>
public sealed class TelegramChannelTests : IAsyncLifetime, IDisposable
{
    private readonly ManualClock _clock = new();
    private readonly RecordedLog _log = new();
    private FakeTelegram _bot = null!;
    private PorticoApp _app = null!;
    private Guid _userId;
    private Message _message = null!;

    public async Task InitializeAsync()
    {
        _bot = await FakeTelegram.StartAsync();
        _app = await PorticoApp.SharedAsync();
        var person = await _app.SignUpAsync();
        Assert.True(ContactAddress.TryParseEmail(person.Email, out var email));
        (_userId, _message) = (person.Id, new Message(email, "Code", "Your code is 012345"));
        await _app.Database.ExecuteAsync(
            "INSERT INTO identity.telegram_chats (id, user_id, chat_id, linked_at) VALUES ($1, $1, $2, now())",
            person.Id, BitConverter.ToInt64(Guid.NewGuid().ToByteArray()) & long.MaxValue);
    }

    public async Task DisposeAsync() => await _bot.DisposeAsync();

    public void Dispose() => _log.Dispose();

    [Theory]
    [InlineData(TelegramFault.TooManyRequests, 30)]
    [InlineData(TelegramFault.Broken, 20)]
    [InlineData(TelegramFault.Silent, 20)]
    [InlineData(TelegramFault.Cut, 20)]
    public async Task After_a_failure_telegram_is_left_out_for_a_while(TelegramFault fault, int seconds)
    {
        var settings = Settings(timeout: fault == TelegramFault.Silent ? 3 : 20);
        using var api = new TelegramApi(settings);
        var channel = Channel(api, settings);
        Assert.True(await channel.TrySend(_userId, _message, default));

        _bot.Fault = fault;
        Assert.False(await channel.TrySend(_userId, _message, default));
        _bot.Fault = TelegramFault.None;
        var calls = _bot.Calls;
        // Not tried again by the library either.
        Assert.Equal(2, calls);
        _clock.Now += TimeSpan.FromSeconds(seconds - 1);
        Assert.False(await channel.TrySend(_userId, _message, default));
        Assert.Equal(calls, _bot.Calls);
        _clock.Now += TimeSpan.FromSeconds(2);
        Assert.True(await channel.TrySend(_userId, _message, default));

        AssertSecret();
    }

    [Fact]
    public async Task A_token_that_was_revoked_is_named_in_no_log()
    {
        var settings = Settings(FakeTelegram.Token[..^1] + "X");
        using var api = new TelegramApi(settings);

        Assert.False(await Channel(api, settings).TrySend(_userId, _message, default));

        Assert.Contains(_log.Lines, line => line.Message.Contains("401 Unauthorized", StringComparison.Ordinal));
        AssertSecret();
    }

    [Fact]
    public async Task A_user_without_a_chat_costs_no_call()
    {
        using var api = new TelegramApi(Settings());

        Assert.False(await Channel(api, Settings()).TrySend(Guid.CreateVersion7(), _message, default));

        Assert.Equal(0, _bot.Calls);
    }

    [Fact]
    public async Task One_process_at_a_time_asks_for_updates()
    {
        await using var redis = new RedisConnection(
            new RedisSettings
            {
                ConnectionString = _app.Stack.Redis.ConnectionString,
                KeyPrefix = $"test-{Guid.NewGuid():N}:",
                Deadline = TimeSpan.FromSeconds(5),
            },
            TimeProvider.System);
        var (one, two) = (new TelegramLease(redis), new TelegramLease(redis));

        Assert.True(await one.TryHold(default));
        Assert.False(await two.TryHold(default));
        Assert.True(await one.TryHold(default));
        await two.Release(default);
        Assert.False(await two.TryHold(default));
        await one.Release(default);
        Assert.True(await two.TryHold(default));
    }

    private void AssertSecret()
    {
        Assert.NotEmpty(_log.Lines);
        Assert.All(_log.Lines, line =>
        {
            Assert.DoesNotContain(FakeTelegram.Token[..^1], line.Message + line.Failure, StringComparison.Ordinal);
            Assert.DoesNotContain("012345\"", line.Message + line.Failure, StringComparison.Ordinal);
        });
    }

    private TelegramSettings Settings(string token = FakeTelegram.Token, int timeout = 20) => new()
    {
        Token = token,
        BotName = FakeTelegram.BotName,
        ApiUrl = $"{_bot.Address}",
        Timeout = TimeSpan.FromSeconds(timeout),
        RetryAfter = TimeSpan.FromSeconds(20),
    };

    private TelegramChannel Channel(TelegramApi api, TelegramSettings settings)
    {
        using var logging = LoggerFactory.Create(builder => builder.AddProvider(_log));
        return new TelegramChannel(
            api, settings, _app.Services.GetRequiredService<IServiceScopeFactory>(), _clock, logging.CreateLogger<TelegramChannel>());
    }

    private sealed class ManualClock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(50);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
