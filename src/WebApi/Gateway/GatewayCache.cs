using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Portico.Application.Common.Caching;
using Portico.Application.Common.Security;
using Portico.Application.Dashboard;
using Portico.WebApi.Http;

namespace Portico.WebApi.Gateway;

/// <summary>Which answer: of which service, to whom, at which address.</summary>
/// <remarks>The number of changes of the caller is a part of it: after their own change, callers get no answer from before it.</remarks>
internal sealed record GatewayCacheKey(string Service, Guid? User, int Epoch, long Changes, string Target);

/// <summary>Keeps answers of services for the caller who got them, in the memory of this process (RFC 9111, a private cache).</summary>
/// <remarks>
/// At most <c>Gateway:MaxCacheBytes</c> in total and 256 KiB an answer. One variant (<c>Vary</c>) of an answer is kept. Thread-safe.
/// </remarks>
internal sealed class GatewayCache(GatewaySettings settings, CallerWrites writes, TimeProvider clock) : IDisposable
{
    public const int MaxAnswer = 256 * 1024;

    // The entry, its key and its references.
    private const int Overhead = 1024;

    // With one of these the client wants something else than the whole, newest answer that may be used again.
    private static readonly string[] Bypassing =
        [HeaderNames.Range, HeaderNames.IfRange, HeaderNames.IfMatch, HeaderNames.IfModifiedSince, HeaderNames.IfUnmodifiedSince];

    private readonly MemoryCache _answers = new(
        Options.Create(new MemoryCacheOptions { SizeLimit = settings.MaxCacheBytes, CompactionPercentage = 0.1 }));

    /// <summary>The key of a request; null when its answer must come from the service and is not kept.</summary>
    public GatewayCacheKey? KeyOf(HttpContext context, GatewayService service, AccessTokenClaims? caller, bool hasBody)
    {
        var request = context.Request;
        if (service.Route.CacheLifetime == TimeSpan.Zero || !HttpMethods.IsGet(request.Method) || hasBody
            || Array.Exists(Bypassing, header => request.Headers.ContainsKey(header)))
            return null;
        if (CacheControlHeaderValue.TryParse(request.Headers.CacheControl.ToString(), out var wish) && wish.NoStore)
            return null;
        // All strangers have one key, and the service may know them by a cookie.
        if (caller is null && request.Headers.ContainsKey(HeaderNames.Cookie) && service.SentHeaders.Contains(HeaderNames.Cookie))
            return null;
        return new GatewayCacheKey(
            service.Name,
            caller?.Subject,
            caller?.Epoch ?? 0,
            caller is null ? 0 : writes.Count(caller.Subject),
            $"{request.Path.ToUriComponent()}{request.QueryString}");
    }

    /// <summary>Answers from the cache, when it has an answer for this request.</summary>
    public async Task<bool> TryAnswer(HttpContext context, GatewayCacheKey key, ICacheReport report)
    {
        var request = context.Request;
        var wantsNew = CacheControlHeaderValue.TryParse(request.Headers.CacheControl.ToString(), out var wish)
            && (wish.NoCache || wish.MaxAge == TimeSpan.Zero);
        if (wantsNew || !_answers.TryGetValue(key, out Answer? answer) || !answer!.Fits(request.Headers))
            return false;
        var now = clock.GetUtcNow();
        if (now >= answer.StaleAt)
            return false;

        foreach (var (name, value) in answer.Headers)
            context.Response.Headers[name] = value;
        report.Report(new CacheUse(CacheUseKind.Hit, now - answer.ReceivedAt, answer.StaleAt - now));
        if (answer.Tag is { } tag && EntityTags.Match(request.Headers.IfNoneMatch, tag))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            context.Response.Headers.ContentType = default;
            return true;
        }

        context.Response.ContentLength = answer.Body.Length;
        await context.Response.Body.WriteAsync(answer.Body, context.RequestAborted);
        return true;
    }

    /// <summary>How long an answer may be used again; null for never.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="most">The longest time.</param>
    /// <param name="isShared">Whether others may get it: strangers share their answers.</param>
    public static TimeSpan? LifetimeOf(HttpResponseMessage answer, TimeSpan most, bool isShared)
    {
        var control = answer.Headers.CacheControl;
        if (answer.StatusCode != System.Net.HttpStatusCode.OK || control is { NoStore: true } or { NoCache: true }
            || (isShared && control is { Private: true })
            || answer.Headers.Vary.Contains("*") || answer.Headers.Contains(HeaderNames.SetCookie))
            return null;
        var left = control?.MaxAge is { } maxAge ? maxAge - (answer.Headers.Age ?? TimeSpan.Zero) : most;
        left = left < most ? left : most;
        return left > TimeSpan.Zero ? left : null;
    }

    /// <summary>Keeps an answer with the header fields that the client gets.</summary>
    public void Keep(
        GatewayCacheKey key, IHeaderDictionary request, IEnumerable<KeyValuePair<string, StringValues>> headers, IEnumerable<string> vary,
        byte[] body, TimeSpan lifetime)
    {
        var now = clock.GetUtcNow();
        var kept = headers.Where(header => !header.Key.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase)).ToArray();
        var size = body.Length + Overhead + kept.Sum(header => header.Value.Sum(value => value?.Length ?? 0)) + key.Target.Length;
        _answers.Set(
            key,
            new Answer(kept, [.. vary.Select(name => KeyValuePair.Create(name, request[name]))], body, now, now + lifetime),
            new MemoryCacheEntryOptions { Size = size, AbsoluteExpirationRelativeToNow = lifetime });
    }

    public void Dispose() => _answers.Dispose();

    private sealed record Answer(
        KeyValuePair<string, StringValues>[] Headers, KeyValuePair<string, StringValues>[] Varies, byte[] Body, DateTimeOffset ReceivedAt,
        DateTimeOffset StaleAt)
    {
        public string? Tag => Headers.FirstOrDefault(header => header.Key.Equals(HeaderNames.ETag, StringComparison.OrdinalIgnoreCase))
            is { Key: not null } tag && EntityTags.Read(tag.Value) is [var opaque] ? opaque : null;

        public bool Fits(IHeaderDictionary request) => Array.TrueForAll(Varies, header => request[header.Key] == header.Value);
    }
}
