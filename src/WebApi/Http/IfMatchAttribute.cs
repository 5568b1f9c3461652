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
internal sealed class IfMatchBinder : IModelBinder
{
    public Task BindModelAsync(ModelBindingContext bindingContext)
    {
        bindingContext.Result = ModelBindingResult.Success(Read(bindingContext.HttpContext.Request.Headers.IfMatch));
        return Task.CompletedTask;
    }

    private static IfMatch Read(StringValues header)
    {
        if (header.Count == 0)
            return IfMatch.Missing;
        return EntityTags.IsAny(header) ? IfMatch.Any : IfMatch.Of([.. EntityTags.Read(header).Select(Version).OfType<long>()]);
    }

    private static long? Version(string tag) => RecordVersion.TryRead(tag, out var version) ? version : null;
}
