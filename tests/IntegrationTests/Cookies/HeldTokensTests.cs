using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure.Sessions;
using Portico.WebApi.Cookies;

namespace Portico.IntegrationTests.Cookies;

/// <summary>When the server asks for the access token of a cookie, and when it has one.</summary>
public sealed class HeldTokensTests
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    private readonly Clock _clock = new();
    private readonly Sender _sender = new();
    private readonly HeldTokens _tokens;

    public HeldTokensTests()
    {
        var services = new ServiceCollection().AddScoped<ISender>(_ => _sender).BuildServiceProvider();
        _tokens = new HeldTokens(new Cookies(), services.GetRequiredService<IServiceScopeFactory>(), _clock);
    }

    [Fact]
    public async Task Of_many_requests_at_once_one_makes_the_token()
    {
        var gate = _sender.Gate = new TaskCompletionSource();
        var asked = Enumerable.Range(0, 50).Select(_ => FindAsync("good")).ToArray();
        gate.SetResult();
        var held = await Task.WhenAll(asked);

        Assert.Single(_sender.Sent);
        Assert.Single(held.Distinct());
    }

    [Fact]
    public async Task Checks_the_cookie_after_5_s_of_use_and_makes_another_token_in_time()
    {
        var first = await FindAsync("good");
        _clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Same(first, await FindAsync("good"));
        Assert.Single(_sender.Sent);

        _clock.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(first!.AccessToken, (await FindAsync("good"))!.AccessToken);
        Assert.Equal([null, 1], _sender.Sent.Select(sent => sent.KnownVersion));

        _clock.Advance(Lifetime * 0.8);
        var second = await FindAsync("good");
        Assert.NotEqual(first.AccessToken, second!.AccessToken);
        Assert.Equal([null, 1, null], _sender.Sent.Select(sent => sent.KnownVersion));
    }

    [Fact]
    public async Task Makes_another_token_for_one_that_was_refused()
    {
        var first = await FindAsync("good");
        var second = await _tokens.Find("good", isRefused: true, CancellationToken.None);
        Assert.NotEqual(first!.AccessToken, second!.AccessToken);
        Assert.Same(second, await FindAsync("good"));
    }

    [Fact]
    public async Task Forgets_a_cookie_that_is_not_valid_any_more()
    {
        await FindAsync("good");
        _sender.Answer = () => UserErrors.InvalidRefreshToken;
        _clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Null(await FindAsync("good"));
        Assert.Null(await FindAsync("good"));
        Assert.Equal(3, _sender.Sent.Count);
    }

    [Fact]
    public async Task During_an_outage_a_token_works_until_it_expires_and_is_asked_for_once_a_second()
    {
        var first = await FindAsync("good");
        _sender.Answer = () => throw new DependencyUnavailableException("Redis");
        _clock.Advance(TimeSpan.FromSeconds(6));
        for (var n = 0; n < 10; n++)
            Assert.Equal(first!.AccessToken, (await FindAsync("good"))!.AccessToken);
        Assert.Equal(2, _sender.Sent.Count);
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => FindAsync("another"));

        _clock.Advance(Lifetime - TimeSpan.FromSeconds(7));
        Assert.Equal(first!.AccessToken, (await FindAsync("good"))!.AccessToken);
        _clock.Advance(TimeSpan.FromSeconds(2));
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => FindAsync("good"));
    }

    [Fact]
    public async Task Asks_nobody_about_a_text_that_is_no_cookie()
    {
        Assert.Null(await FindAsync(""));
        Assert.Null(await FindAsync("bad"));
        Assert.Empty(_sender.Sent);
    }

    [Fact]
    public async Task Drops_the_least_recently_used_of_too_many()
    {
        for (var n = 0; n < 20_000; n++)
        {
            await FindAsync($"good {n}");
            if (n % 5000 == 0)
                await FindAsync("in use");
        }

        var asked = _sender.Sent.Count;
        await FindAsync("in use");
        Assert.Equal(asked, _sender.Sent.Count);
        await FindAsync("good 0");
        Assert.Equal(asked + 1, _sender.Sent.Count);
    }

    private Task<HeldToken?> FindAsync(string cookie) => _tokens.Find(cookie, isRefused: false, CancellationToken.None).AsTask();

    private sealed class Cookies : ISessionCookies
    {
        public string CookieOf(string refreshToken) => throw new NotSupportedException();

        public string? RefreshTokenOf(string cookie) => cookie is "" or "bad" ? null : cookie;
    }

    private sealed class Sender : ISender
    {
        private int _tokens;

        public ConcurrentQueue<ResumeSession> Sent { get; } = new();

        public TaskCompletionSource? Gate { get; set; }

        public Func<Result<ResumedSession>>? Answer { get; set; }

        public async Task<Result<T>> Send<T>(IUseCase<T> request, CancellationToken cancellationToken)
        {
            var resume = (ResumeSession)(object)request;
            Sent.Enqueue(resume);
            if (Gate is not null)
                await Gate.Task;
            var answer = Answer?.Invoke() ?? new ResumedSession(
                Version: 1, TimeSpan.FromDays(14),
                resume.KnownVersion == 1 ? null : new AccessToken($"token {Interlocked.Increment(ref _tokens)}", Lifetime));
            return (Result<T>)(object)answer;
        }
    }

    private sealed class Clock : TimeProvider
    {
        private TimeSpan _passed;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _passed.Ticks;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + _passed;

        public void Advance(TimeSpan time) => _passed += time;
    }
}
