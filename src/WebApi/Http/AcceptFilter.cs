using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Http;

/// <summary>Refuses a request before its use case runs when the client accepts no media type of the answer.</summary>
/// <remarks>All answers are UTF-8: a media type with another <c>charset</c> is not available.</remarks>
internal sealed class AcceptFilter : IResourceFilter
{
    private const string QualityName = "q";
    private const string CharsetName = "charset";
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        var request = context.HttpContext.Request;
        if (request.Headers.Accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var types))
            return;

        var offered = context.ActionDescriptor.EndpointMetadata.OfType<ProducesAttribute>().LastOrDefault()?.ContentTypes;
        var offers = offered is { Count: > 0 } ? offered.Select(type => MediaTypeHeaderValue.Parse(type)).ToArray() : [Json];
        MediaTypeHeaderValue[] readable = [.. types.Where(IsUtf8)];
        if (!readable.Any(type => type.Quality is not 0 && offers.Any(offer => offer.IsSubsetOf(WithoutParameters(type)))))
        {
            // A redirect or an answer without a body has no media type. A proxy asks auth/verify with the Accept of the request that it
            // asks about.
            var answers = context.ActionDescriptor.EndpointMetadata.OfType<ProducesResponseTypeAttribute>().ToArray();
            if (answers.Length > 0 && Array.TrueForAll(answers, answer => answer.Type == typeof(void)))
                return;
            context.Result = new HttpErrorResult(HttpErrors.NotAcceptable);
            return;
        }

        if (!types.Any(type => type.Parameters.Any(parameter => !Is(parameter, QualityName))))
            return;
        if (readable.Any(StatementCsvFormatter.WantsByteOrderMark))
            context.HttpContext.Features.Set(new CsvByteOrderMark());
        // MVC would look for a formatter with the same parameters and, finding none, answer with JSON.
        request.Headers.Accept = string.Join(", ", readable.Select(WithoutParameters));
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }

    private static bool IsUtf8(MediaTypeHeaderValue type) => type.Parameters.All(parameter => !Is(parameter, CharsetName)
        || HeaderUtilities.RemoveQuotes(parameter.Value).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static bool Is(NameValueHeaderValue parameter, string name) => parameter.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static MediaTypeHeaderValue WithoutParameters(MediaTypeHeaderValue type) => new(type.MediaType) { Quality = type.Quality };
}
