using Microsoft.AspNetCore.Mvc.ModelBinding;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Portico.Application.Common.Records;

namespace Portico.WebApi.Http;

/// <summary>Binds the <c>If-Match</c> header: the versions of the record that the caller accepts for a change.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
internal sealed class IfMatchAttribute : Attribute, IBindingSourceMetadata, IModelNameProvider, IBinderTypeProviderMetadata
{
    public BindingSource BindingSource => BindingSource.Header;

    public string Name => HeaderNames.IfMatch;

    public Type BinderType => typeof(IfMatchBinder);
}

/// <summary>Reads <c>If-Match</c> (RFC 9110, 13.1.1). A tag that is no version matches nothing.</summary>
/// <remarks>A weak tag counts by its opaque part, because a proxy that compresses makes every tag weak.</remarks>
internal sealed class IfMatchBinder : IModelBinder
{
    private const int MaxTags = 16;

    public Task BindModelAsync(ModelBindingContext bindingContext)
    {
        bindingContext.Result = ModelBindingResult.Success(Read(bindingContext.HttpContext.Request.Headers.IfMatch));
        return Task.CompletedTask;
    }

    private static IfMatch Read(StringValues header)
    {
        if (header.Count == 0)
            return IfMatch.Missing;
        if (!EntityTagHeaderValue.TryParseList(header!, out var tags) || tags.Count > MaxTags)
            return IfMatch.Of();
        return tags is [{ } only] && only.Equals(EntityTagHeaderValue.Any)
            ? IfMatch.Any
            : IfMatch.Of([.. tags.Select(Version).OfType<long>()]);
    }

    private static long? Version(EntityTagHeaderValue tag) =>
        RecordVersion.TryRead(tag.Tag.AsSpan().Trim('"'), out var version) ? version : null;
}
