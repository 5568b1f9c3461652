using Asp.Versioning;

namespace Portico.WebApi.Http;

/// <summary>Reads the version of the API from a path as <c>/api/v1/users</c>.</summary>
/// <remarks>
/// All routes begin in this way. <see cref="UrlSegmentApiVersionReader"/> takes any route: it parses the template of the route again for
/// each request, which costs more than the rest of routing.
/// </remarks>
internal sealed class PathVersionReader : IApiVersionReader
{
    private const string Prefix = "/api/v";

    private static readonly IReadOnlyList<string> First = ["1"];

    // A text that is no version is answered like a version that there is not: with 404.
    private static readonly IReadOnlyList<string> NoVersion = ["0"];

    public void AddParameters(IApiVersionParameterDescriptionContext context)
    {
        // The route constraint describes it.
    }

    public IReadOnlyList<string> Read(HttpRequest request)
    {
        var path = request.Path.Value.AsSpan();
        if (!path.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
            return NoVersion;
        var version = path[Prefix.Length..];
        if (version.IndexOf('/') is >= 0 and var end)
            version = version[..end];
        return version is "1" ? First : ApiVersionParser.Default.TryParse(version, out _) ? [version.ToString()] : NoVersion;
    }
}
