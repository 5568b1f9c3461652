using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Net.Http.Headers;

namespace Portico.WebApi.Http;

/// <summary>Refuses a request before its use case runs when the client accepts no media type of the answer.</summary>
internal sealed class AcceptFilter : IResourceFilter
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        var accept = context.HttpContext.Request.Headers.Accept;
        if (accept.Count == 0 || !MediaTypeHeaderValue.TryParseList(accept, out var types))
            return;

        var offered = context.ActionDescriptor.EndpointMetadata.OfType<Microsoft.AspNetCore.Mvc.ProducesAttribute>()
            .LastOrDefault()?.ContentTypes;
        var offers = offered is { Count: > 0 } ? offered.Select(type => MediaTypeHeaderValue.Parse(type)).ToArray() : [Json];
        if (!types.Any(type => type.Quality is not 0 && offers.Any(offer => offer.IsSubsetOf(WithoutParameters(type)))))
            context.Result = new HttpErrorResult(HttpErrors.NotAcceptable);
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }

    private static MediaTypeHeaderValue WithoutParameters(MediaTypeHeaderValue type) => new(type.MediaType);
}
