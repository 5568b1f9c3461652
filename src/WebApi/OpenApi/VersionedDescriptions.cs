using Microsoft.AspNetCore.Mvc.Abstractions;
using Microsoft.AspNetCore.Mvc.ApiExplorer;
using Microsoft.AspNetCore.Mvc.Versioning;

namespace Portico.WebApi.OpenApi;

/// <summary>Describes each action once for every version that it declares, with that version in its path.</summary>
internal sealed class VersionedDescriptions : IApiDescriptionProvider
{
    private const string Placeholder = "v{version}";
    private const string Parameter = "version";

    /// <summary>After the framework has described the actions.</summary>
    public int Order => 0;

    public void OnProvidersExecuting(ApiDescriptionProviderContext context)
    {
        foreach (var description in context.Results.Where(result => result.RelativePath?.Contains(Placeholder, StringComparison.Ordinal) == true).ToArray())
        {
            context.Results.Remove(description);
            foreach (var version in description.ActionDescriptor.GetApiVersionModel(ApiVersionMapping.Explicit | ApiVersionMapping.Implicit).ImplementedApiVersions)
                context.Results.Add(Of(description, $"v{version.MajorVersion}"));
        }
    }

    public void OnProvidersExecuted(ApiDescriptionProviderContext context)
    {
    }

    private static ApiDescription Of(ApiDescription action, string version)
    {
        var description = new ApiDescription
        {
            ActionDescriptor = action.ActionDescriptor,
            GroupName = version,
            HttpMethod = action.HttpMethod,
            RelativePath = action.RelativePath!.Replace(Placeholder, version, StringComparison.Ordinal),
        };
        foreach (var parameter in action.ParameterDescriptions.Where(parameter => parameter.Name != Parameter))
            description.ParameterDescriptions.Add(parameter);
        foreach (var format in action.SupportedRequestFormats)
            description.SupportedRequestFormats.Add(format);
        foreach (var type in action.SupportedResponseTypes)
            description.SupportedResponseTypes.Add(type);
        foreach (var (key, value) in action.Properties)
            description.Properties[key] = value;
        return description;
    }
}
