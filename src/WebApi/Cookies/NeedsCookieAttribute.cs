using Microsoft.AspNetCore.Mvc.Filters;
using Portico.WebApi.Http;

namespace Portico.WebApi.Cookies;

/// <summary>Refuses a caller who was not authenticated by the cookie of a session.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsCookieAttribute : Attribute, IAuthorizationFilter
{
    public void OnAuthorization(AuthorizationFilterContext context)
    {
        if (context.HttpContext.Features.Get<AuthenticatedCaller>()?.Cookie is null)
            context.Result = new HttpErrorResult(HttpErrors.Unauthenticated);
    }
}
