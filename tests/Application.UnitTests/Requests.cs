using FluentValidation;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.UnitTests;

/// <summary>The application as it is registered, around ports that a test stands in for.</summary>
internal static class Requests
{
    private static readonly ServiceProvider Services = new ServiceCollection().AddApplication().BuildServiceProvider();

    /// <summary>The names of the fields that are refused, once each and in order.</summary>
    public static string[] Refused<T>(T request) =>
        [.. Services.GetRequiredService<IValidator<T>>().Validate(request).Errors
            .Select(failure => failure.PropertyName).Distinct().Order(StringComparer.Ordinal)];

    public static ContactAddress Email(string text = "ada@example.com")
    {
        Assert.True(ContactAddress.TryParseEmail(text, out var address));
        return address;
    }

    public static ContactAddress Phone(string text = "+4915112345678")
    {
        Assert.True(ContactAddress.TryParsePhone(text, out var address));
        return address;
    }
}

/// <summary>Somebody with a role, or nobody.</summary>
internal sealed class Caller(Role? role) : ICurrentUser
{
    public AccessTokenClaims? Claims { get; } = role is not { } rank ? null : new AccessTokenClaims
    {
        Subject = Guid.CreateVersion7(),
        SessionId = Guid.CreateVersion7(),
        Roles = rank.Implied(),
        Permissions = Permissions.Of(rank),
        Epoch = 0,
        ExpiresAt = DateTimeOffset.MaxValue,
    };
}

/// <summary>Counts the transactions that are asked for.</summary>
internal sealed class CountedTransaction : ITransaction
{
    public int Count { get; private set; }

    public Task<TResult> Run<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        Count++;
        return work(cancellationToken);
    }

    public void AfterCommit(Func<CancellationToken, Task> work) => throw new NotSupportedException();
}

/// <summary>The idempotency key that a test gives a request, and the answers that it keeps.</summary>
internal sealed class RequestKey : IRequestKey, IIdempotencyStore
{
    public static readonly RequestFingerprint Fingerprint = new("POST /", [], []);

    private readonly Dictionary<string, StoredAnswer> _answers = new(StringComparer.Ordinal);

    public IdempotencyKey? Current { get; init; }
    public string? Problem { get; init; }
    public List<StoredAnswer> Sent { get; } = [];

    public StoredAnswer AnswerOf<TResult>(TResult result)
        where TResult : IResult<TResult> => new(200, [], default);

    public void Replay(StoredAnswer answer) => Sent.Add(answer);

    public void Replayed() => throw new NotSupportedException();

    public async Task<(TResult? Result, StoredAnswer? Replay)> Once<TResult>(
        IdempotencyKey key,
        Func<CancellationToken, Task<TResult>> work,
        Func<TResult, StoredAnswer> answerOf,
        CancellationToken cancellationToken)
        where TResult : IResult<TResult>
    {
        if (_answers.TryGetValue(key.Value, out var first))
            return (default, first);

        var result = await work(cancellationToken);
        _answers[key.Value] = answerOf(result);
        return (result, null);
    }
}

/// <summary>A cache that never has anything.</summary>
internal sealed class NoCache : IQueryCache, ICacheReport
{
    public async Task<(TResult Answer, CacheUse Use)> Get<TResult>(
        CachedQuery query, Func<CancellationToken, Task<TResult>> make, CancellationToken cancellationToken)
        where TResult : IResult<TResult> => (await make(cancellationToken), default);

    public void Report(CacheUse use)
    {
    }
}
