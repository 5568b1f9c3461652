using System.Globalization;
using Microsoft.Extensions.Primitives;
using Portico.Application.Common.Security;

namespace Portico.WebApi.Http;

/// <summary>
/// Says in <c>RateLimit-Policy</c> and <c>RateLimit</c> (draft-ietf-httpapi-ratelimit-headers-10) what a client has left, in requests and
/// seconds.
/// </summary>
/// <remarks>Only of limits by client: those by address are other people's business too, and say no more than <c>Retry-After</c>.</remarks>
internal sealed class HttpRateLimitReport(IHttpContextAccessor accessor) : IRateLimitReport
{
    public const string Policy = "RateLimit-Policy";
    public const string State = "RateLimit";

    public void Report(RateLimitUse use)
    {
        if (accessor.HttpContext?.Response is not { HasStarted: false, Headers: var headers })
            return;

        headers[Policy] = StringValues.Concat(
            headers[Policy], string.Create(CultureInfo.InvariantCulture, $"\"{use.Policy}\";q={use.Quota};w={Seconds(use.Window)}"));
        headers[State] = StringValues.Concat(
            headers[State], string.Create(CultureInfo.InvariantCulture, $"\"{use.Policy}\";r={use.Remaining};t={Seconds(use.Reset)}"));
    }

    private static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);
}
