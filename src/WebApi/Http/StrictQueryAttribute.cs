using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.ModelBinding;
using Portico.Application.Common;

namespace Portico.WebApi.Http;

/// <summary>Refuses a query that has a parameter which the action does not have, one twice, or one without a value: 400 names it.</summary>
/// <remarks>For checks, which would otherwise pass everybody when the configuration of a proxy has a mistake.</remarks>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StrictQueryAttribute : Attribute, IResourceFilter
{
    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        if (!context.HttpContext.Request.QueryString.HasValue)
            return;

        string[] known =
        [
            .. context.ActionDescriptor.Parameters
                .Where(parameter => parameter.BindingInfo?.BindingSource == BindingSource.Query)
                .Select(parameter => parameter.BindingInfo?.BinderModelName ?? parameter.Name),
        ];
        var wrong = context.HttpContext.Request.Query
            // Binding reads white space as no value.
            .Where(sent => sent.Value is not [{ } value] || string.IsNullOrWhiteSpace(value)
                || !known.Contains(sent.Key, StringComparer.OrdinalIgnoreCase))
            .ToDictionary(
                sent => sent.Key,
                _ => (string[])[$"Only these may be in the query, each once and with a value: {string.Join(", ", known)}."],
                StringComparer.Ordinal);
        if (wrong.Count > 0)
            context.Result = new HttpErrorResult(HttpError.Of(CommonErrors.Validation(wrong)));
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }
}
