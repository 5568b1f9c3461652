using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;

namespace Portico.WebApi.Http;

/// <summary>The key of the <c>Idempotency-Key</c> header, which has a meaning for every POST of a signed-in user.</summary>
internal sealed class HttpRequestKey(IHttpContextAccessor accessor, ICurrentUser caller) : IRequestKey
{
    public const string ReplayedHeader = "Idempotency-Replayed";

    private bool _isRead;
    private StringValues? _sent;

    public IdempotencyKey? Current => Sent is [{ } value] && IsValid(value)
        ? field ??= new IdempotencyKey(caller.Id, value, Fingerprint(accessor.HttpContext!))
        : null;

    public string? Problem =>
        Sent is null || Current is not null ? null : $"Give one key of 1 to {IdempotencyKey.MaxLength} visible ASCII characters.";

    private StringValues? Sent
    {
        get
        {
            if (!_isRead)
                (_isRead, _sent) = (true, Read());
            return _sent;
        }
    }

    public void Replayed() => accessor.HttpContext!.Response.Headers[ReplayedHeader] = "true";

    private StringValues? Read() =>
        accessor.HttpContext is { } context && caller.IsAuthenticated && HttpMethods.IsPost(context.Request.Method) &&
        context.GetEndpoint()?.Metadata.GetMetadata<IgnoresIdempotencyKeyAttribute>() is null &&
        context.Request.Headers.TryGetValue(IdempotencyKey.Header, out var values)
            ? values
            : (StringValues?)null;

    private static bool IsValid(string key) =>
        key.Length is > 0 and <= IdempotencyKey.MaxLength && !key.AsSpan().ContainsAnyExceptInRange('!', '~');

    private static byte[] Fingerprint(HttpContext context)
    {
        var request = context.Request;
        var head = Encoding.UTF8.GetBytes($"{request.Method} {request.PathBase}{request.Path}{request.QueryString}\n");
        return SHA256.HashData([.. head, .. context.Features.Get<BodyDigest>()?.Sha256 ?? []]);
    }
}

/// <summary>Marks a controller that ignores the key: a repeated request runs again.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class IgnoresIdempotencyKeyAttribute : Attribute;
