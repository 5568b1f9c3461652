using System.Text.Json;
using Microsoft.AspNetCore.Mvc;

namespace Portico.WebApi.Http;

/// <summary>Answers a request whose parts could not be read.</summary>
internal static class ModelStateRefusals
{
    public static IActionResult Answer(ActionContext context)
    {
        if (context.HttpContext.Features.Get<RefusedBody>() is { } body)
            return new RefusedResult(body.Refusal);

        var fields = context.ModelState
            .Where(entry => entry.Value is { Errors.Count: > 0 })
            .ToDictionary(
                entry => entry.Key.Length == 0 ? JsonBodyDiagnosis.WholeBody : JsonNamingPolicy.CamelCase.ConvertName(entry.Key),
                entry => entry.Value!.Errors.Select(error => error.ErrorMessage).Distinct(StringComparer.Ordinal).ToArray(),
                StringComparer.Ordinal);
        return new RefusedResult(EdgeRefusals.ValidationFailed with { Fields = fields });
    }
}
