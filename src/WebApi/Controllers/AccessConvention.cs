using System.Reflection;
using Microsoft.AspNetCore.Mvc.ApplicationModels;
using Microsoft.AspNetCore.Mvc.Filters;
using Portico.Application.Common.Security;
using Portico.WebApi.Http;
using Portico.WebApi.OpenApi;

namespace Portico.WebApi.Controllers;

/// <summary>Checks the caller of each action before anything of the request is read: a wrong body tells a stranger nothing.</summary>
/// <remarks>The pipeline of the use case checks again, for every way in.</remarks>
internal sealed class AccessConvention : IActionModelConvention
{
    public void Apply(ActionModel action)
    {
        var useCase = UseCaseAttribute.Find(action.Attributes, action.Parameters.Select(parameter => parameter.ParameterType));
        if (useCase?.GetCustomAttribute<AccessAttribute>() is { } access)
            action.Filters.Add(new AccessFilter(access));
    }

    internal sealed class AccessFilter(AccessAttribute access) : IAuthorizationFilter
    {
        public void OnAuthorization(AuthorizationFilterContext context)
        {
            if (Refuse(context.HttpContext) is { } error)
                context.Result = new HttpErrorResult(error);
        }

        public HttpError? Refuse(HttpContext context) =>
            access.Refuse(context.RequestServices.GetRequiredService<ICurrentUser>()) is { } error ? HttpError.Of(error) : null;
    }
}
