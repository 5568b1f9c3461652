using System.Text.Json;
using Microsoft.AspNetCore.Mvc;

namespace Portico.WebApi.Http;

/// <summary>Answers a request whose parts could not be read.</summary>
internal static class ModelStateErrors
{
    public static IActionResult Answer(ActionContext context)
    {
        if (context.HttpContext.Features.Get<InvalidBody>() is { } body)
            return new HttpErrorResult(body.HttpError);

        var fields = context.ModelState
            .Where(entry => entry.Value is { Errors.Count: > 0 })
            .ToDictionary(
                entry => entry.Key.Length == 0 ? JsonBodyDiagnosis.WholeBody : JsonNamingPolicy.CamelCase.ConvertName(entry.Key),
                entry => entry.Value!.Errors.Select(error => error.ErrorMessage).Distinct(StringComparer.Ordinal).ToArray(),
                StringComparer.Ordinal);
        return new HttpErrorResult(HttpErrors.ValidationFailed with { Fields = fields });
    }
}
