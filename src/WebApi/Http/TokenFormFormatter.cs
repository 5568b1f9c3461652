using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Mvc.Formatters;
using Portico.Application.ServiceAccounts;

namespace Portico.WebApi.Http;

/// <summary>Reads the form of a token request (RFC 6749, 4.4.2); no other request takes a form.</summary>
internal sealed class TokenFormFormatter : InputFormatter
{
    private readonly JsonSerializerOptions _options;

    public TokenFormFormatter(JsonSerializerOptions options)
    {
        _options = options;
        SupportedMediaTypes.Add("application/x-www-form-urlencoded");
    }

    public override async Task<InputFormatterResult> ReadRequestBodyAsync(InputFormatterContext context)
    {
        try
        {
            var form = await context.HttpContext.Request.ReadFormAsync(context.HttpContext.RequestAborted);
            var json = new JsonObject();
            // A parameter without a value is as if it was left out, and none may be sent twice (RFC 6749, 3.2).
            foreach (var (name, values) in form.Where(field => field.Value.ToString().Length > 0))
                json[name] = values is [{ } value] ? value : throw new InvalidDataException($"The parameter {name} was sent twice.");
            return await InputFormatterResult.SuccessAsync(json.Deserialize<IssueServiceToken>(_options)!);
        }
        catch (Exception failure) when (failure is InvalidDataException or JsonException)
        {
            context.ModelState.TryAddModelError(JsonBodyDiagnosis.WholeBody, "The form was refused.");
            return await InputFormatterResult.FailureAsync();
        }
    }

    protected override bool CanReadType(Type type) => type == typeof(IssueServiceToken);
}
