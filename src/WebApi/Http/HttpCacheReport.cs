using System.Globalization;
using Microsoft.Net.Http.Headers;
using Portico.Application.Common.Caching;

namespace Portico.WebApi.Http;

/// <summary>Reports in <c>Age</c> and <c>Cache-Status</c> (RFC 9211) whether an answer came from the cache, and its age.</summary>
internal sealed class HttpCacheReport(IHttpContextAccessor accessor) : ICacheReport
{
    public const string CacheStatus = "Cache-Status";

    public void Report(CacheUse use)
    {
        if (accessor.HttpContext is not { Response.Headers: var headers })
            return;

        if (use.Kind == CacheUseKind.Miss)
        {
            headers[CacheStatus] = "Portico; fwd=uri-miss; stored";
            return;
        }

        headers[CacheStatus] = $"Portico; hit; ttl={Seconds(use.TimeToLive)}";
        headers[HeaderNames.Age] = Seconds(use.Age);
    }

    private static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
