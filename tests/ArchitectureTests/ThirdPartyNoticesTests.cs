using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Portico.ArchitectureTests;

/// <summary>The table of packages in THIRD-PARTY-NOTICES.md against the packages that the shipped programs reference.</summary>
public sealed partial class ThirdPartyNoticesTests
{
    private const string Notices = "THIRD-PARTY-NOTICES.md";

    [Fact]
    public void Lists_every_package_of_the_shipped_programs_with_its_licence_and_project()
    {
        var listed = Rows();
        var wrong =
            from package in Shipped()
            let row = listed.GetValueOrDefault(package.Name)
            where row != package
            select row is null
                ? $"{package.Name} is referenced and not listed. Add to the table in {Notices}: {package.Row}"
                : $"{package.Name} is listed as {row.Row}; its package says: {package.Row}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Lists_no_package_that_is_not_shipped()
    {
        var unused = Rows().Keys.Except(Shipped().Select(package => package.Name), StringComparer.Ordinal)
            .Select(name => $"{name} is referenced by no project in src. Remove its row from {Notices}.");

        Assert.Empty(unused);
    }

    [Fact]
    public void Lists_the_packages_of_the_built_console_and_no_other()
    {
        var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(Solution.Root, "src", "Console", "package.json")));
        var shipped = manifest.RootElement.GetProperty("dependencies").EnumerateObject().Select(package => package.Name);

        Assert.Equal(shipped.Order(StringComparer.Ordinal), Rows("Packages of the console").Keys.Order(StringComparer.Ordinal));
    }

    private static Package[] Shipped()
    {
        var versions = XDocument.Load(Path.Combine(Solution.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(item => item.Attribute("Include")!.Value, item => item.Attribute("Version")!.Value, StringComparer.Ordinal);
        return
        [
            .. Directory.EnumerateFiles(Path.Combine(Solution.Root, "src"), "*.csproj", SearchOption.AllDirectories)
                .SelectMany(project => XDocument.Load(project).Descendants("PackageReference"))
                .Where(reference => reference.Attribute("PrivateAssets")?.Value != "all")
                .Select(reference => reference.Attribute("Include")!.Value)
                .Distinct(StringComparer.Ordinal)
                .Order(StringComparer.OrdinalIgnoreCase)
                .Select(name => Describe(name, versions[name])),
        ];
    }

    /// <summary>What a package says of itself. If it names its licence by a file or a link only, the table says which one it is.</summary>
    private static Package Describe(string name, string version)
    {
        var folder = Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
#pragma warning disable CA1308 // The folder's names are in lower case.
        var id = name.ToLowerInvariant();
#pragma warning restore CA1308
        var metadata = XDocument.Load(Path.Combine(folder, id, version, $"{id}.nuspec")).Root!.Elements()
            .Single(element => element.Name.LocalName == "metadata");
        var licence = metadata.Elements()
            .FirstOrDefault(element => element.Name.LocalName == "license" && element.Attribute("type")?.Value == "expression")?.Value;
        var url = metadata.Elements().FirstOrDefault(element => element.Name.LocalName == "projectUrl")?.Value
            ?? metadata.Elements().First(element => element.Name.LocalName == "repository").Attribute("url")!.Value;
        return new Package(name, licence ?? Rows().GetValueOrDefault(name)?.Licence ?? "SPDX-ID OF ITS LICENCE", url);
    }

    private static Dictionary<string, Package> Rows(string heading = "Packages")
    {
        var section = File.ReadAllText(Path.Combine(Solution.Root, Notices)).Split("\n## ")
            .Single(text => text.StartsWith($"{heading}\n", StringComparison.Ordinal));
        return Row().Matches(section)
            .Select(row => new Package(row.Groups["name"].Value, row.Groups["licence"].Value, row.Groups["url"].Value))
            .ToDictionary(package => package.Name, StringComparer.Ordinal);
    }

    [GeneratedRegex(
        @"^\| (?<name>[A-Za-z0-9._-]+) \| (?<licence>[A-Za-z0-9.+ -]+) \| (?<url>[a-z]+://\S+) \|\r?$",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        1000)]
    private static partial Regex Row();

    private sealed record Package(string Name, string Licence, string Url)
    {
        public string Row => $"| {Name} | {Licence} | {Url} |";
    }
}
