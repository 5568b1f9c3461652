using Microsoft.Extensions.Primitives;
using Portico.WebApi.Http;

namespace Portico.WebApi.Cookies;

/// <summary>Refuses requests that a foreign page may have made a browser send (cross-site request forgery), before any work.</summary>
/// <remarks>
/// A request that changes something and has the cookie of a session needs <c>X-CSRF: 1</c>, which no page of another origin can send
/// without the consent of CORS, and an <c>Origin</c> that is allowed. So does a sign-in, whose cookie would replace the user's
/// (login CSRF). <c>Sec-Fetch-Site</c> must agree, if the browser sends it. A read with the cookie needs an allowed origin if it names one.
/// A request with an Authorization header is not the work of a browser alone, and its cookie counts for nothing.
/// </remarks>
internal sealed class CsrfGate(RequestDelegate next, SessionCookie cookies, BrowserOrigins origins)
{
    public const string Header = "X-CSRF";
    public const string FetchSite = "Sec-Fetch-Site";

    private const string HeaderValue = "1";

    public Task InvokeAsync(HttpContext context) =>
        IsAllowed(context) ? next(context) : context.Refuse(HttpErrors.CrossSiteRequest);

    private bool IsAllowed(HttpContext context)
    {
        var request = context.Request;
        var mode = context.GetEndpoint()?.Metadata.GetMetadata<CookieModeAttribute>();
        var isRead = HttpMethods.IsGet(request.Method) || HttpMethods.IsOptions(request.Method);
        var hasCookie = request.Headers.Authorization.Count == 0 && cookies.IsIn(request);
        if (!hasCookie && (isRead || mode is not { SignsIn: true }))
            return true;

        // Browsers name the origin with every request that can change something, and with reads of other origins.
        if (isRead && request.Headers.Origin.Count == 0)
            return true;
        return request.Headers.Origin is [{ } origin] && origins.IsAllowed(origin) && IsFrom(origin, request.Headers[FetchSite])
            && ((isRead && mode is not { ChecksForOthers: true }) || request.Headers[Header] is [HeaderValue]);
    }

    private bool IsFrom(string origin, StringValues site) =>
        site.Count == 0 || site is ["same-origin"] || (site is ["same-site"] or ["cross-site"] && origins.IsListed(origin));
}

/// <summary>Marks actions for which <see cref="CsrfGate"/> has more rules.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
internal sealed class CookieModeAttribute : Attribute
{
    /// <summary>Whether its changes set the cookie, so that they are guarded without one too.</summary>
    public bool SignsIn { get; init; }

    /// <summary>Whether it answers for another service, whose request may be a change although this one is a GET.</summary>
    public bool ChecksForOthers { get; init; }
}
