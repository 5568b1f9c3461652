using Microsoft.Extensions.Primitives;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.WebApi.Http;

/// <summary>The key of the <c>Idempotency-Key</c> header, which has a meaning for every POST of a signed-in user.</summary>
internal sealed class HttpRequestKey(IHttpContextAccessor accessor, ICurrentUser caller) : IRequestKey
{
    public const string ReplayedHeader = "Idempotency-Replayed";

    private bool _isRead;
    private StringValues? _sent;

    /// <exception cref="InvalidOperationException">The controller did not say what it sends, so requests could not be compared.</exception>
    public IdempotencyKey? Current => Sent is [{ } value] && IsValid(value)
        ? field ??= new IdempotencyKey(caller.Id, value, BoundRequest.FingerprintOf(Context, SentNow.UseCase))
        : null;

    public string? Problem =>
        Sent is null || Current is not null ? null : $"Give one key of 1 to {IdempotencyKey.MaxLength} visible ASCII characters.";

    private HttpContext Context => accessor.HttpContext!;

    private SentUseCase SentNow => Context.Features.Get<SentUseCase>()
        ?? throw new InvalidOperationException("A request with an idempotency key must be sent by ApiController.");

    private StringValues? Sent
    {
        get
        {
            if (!_isRead)
                (_isRead, _sent) = (true, Read());
            return _sent;
        }
    }

    public StoredAnswer AnswerOf<TResult>(TResult result)
        where TResult : IResult<TResult> => StoredAnswerResult.Store(SentNow.AnswerOf(result), Context);

    public void Replay(StoredAnswer answer)
    {
        Context.Features.Set(answer);
        Replayed();
    }

    public void Replayed() => Context.Response.Headers[ReplayedHeader] = "true";

    private StringValues? Read() =>
        accessor.HttpContext is { } context && caller.IsAuthenticated && HttpMethods.IsPost(context.Request.Method) &&
        context.GetEndpoint()?.Metadata.GetMetadata<IgnoresIdempotencyKeyAttribute>() is null &&
        context.Request.Headers.TryGetValue(IdempotencyKey.Header, out var values)
            ? values
            : (StringValues?)null;

    private static bool IsValid(string key) =>
        key.Length is > 0 and <= IdempotencyKey.MaxLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~');
}

/// <summary>Marks a controller or an action that ignores the key: a repeated request runs again.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class IgnoresIdempotencyKeyAttribute : Attribute;
