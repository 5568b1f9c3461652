using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Pages;

/// <summary>The folders of the pages that are built apart from this program.</summary>
internal sealed class PageSettings : ISettings
{
    public static string Section => "Pages";

    /// <summary>The built console; without it the folder <c>console</c> beside this program, which may be absent.</summary>
    public string? ConsoleFolder { get; init; }

    /// <summary>The landing page of the examples, which is served in development only.</summary>
    public string? LandingFolder { get; init; }

    public IEnumerable<string> Problems()
    {
        if (Wrong(ConsoleFolder))
            yield return $"Pages:ConsoleFolder must be a folder with index.html, which ./dev build-console makes; it is '{ConsoleFolder}'.";
        if (Wrong(LandingFolder))
            yield return $"Pages:LandingFolder must be a folder with index.html, such as examples/landing; it is '{LandingFolder}'.";
    }

    private static bool Wrong(string? folder) => folder is not null && !File.Exists(Path.Combine(folder, BuiltPage.Index));
}
