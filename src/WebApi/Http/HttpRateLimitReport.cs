using System.Globalization;
using Microsoft.Extensions.Primitives;
using Portico.Infrastructure.RateLimiting;

namespace Portico.WebApi.Http;

/// <summary>
/// Reports in <c>RateLimit-Policy</c> and <c>RateLimit</c> (draft-ietf-httpapi-ratelimit-headers-10) what is left of a limit, in requests
/// and seconds.
/// </summary>
/// <remarks>Only limits per client: limits per address also depend on other callers, so they give only <c>Retry-After</c>.</remarks>
internal sealed class HttpRateLimitReport(IHttpContextAccessor accessor) : IRateLimitReport
{
    public const string Policy = "RateLimit-Policy";
    public const string State = "RateLimit";

    private PolicyText? _last;

    public void Report(RateLimitUse use)
    {
        if (accessor.HttpContext?.Response is not { HasStarted: false, Headers: var headers })
            return;

        headers[Policy] = StringValues.Concat(headers[Policy], PolicyOf(use));
        headers[State] = StringValues.Concat(
            headers[State], string.Create(CultureInfo.InvariantCulture, $"\"{use.Policy}\";r={use.Remaining};t={Seconds(use.Reset)}"));
    }

    // Nearly always the limit of the requests of a user.
    private string PolicyOf(RateLimitUse use)
    {
        if (_last is not var (quota, window, policy, text) || (quota, window, policy) != (use.Quota, use.Window, use.Policy))
        {
            text = string.Create(CultureInfo.InvariantCulture, $"\"{use.Policy}\";q={use.Quota};w={Seconds(use.Window)}");
            _last = new PolicyText(use.Quota, use.Window, use.Policy, text);
        }

        return text;
    }

    private static long Seconds(TimeSpan time) => (long)Math.Ceiling(time.TotalSeconds);

    private sealed record PolicyText(long Quota, TimeSpan Window, string Policy, string Text);
}
