namespace Portico.IntegrationTests.Readme;

/// <summary>A copy of the sources of the programs, in which a recipe can be followed.</summary>
internal static class SourceCopy
{
    private static readonly string[] Files = ["Directory.Build.props", "Directory.Packages.props", "global.json", ".editorconfig"];

    public static void Make(string target)
    {
        foreach (var file in Files)
            File.Copy(Repository.File(file), Path.Combine(target, file));
        foreach (var file in ((string[])["src", "proto"]).SelectMany(
            folder => Directory.EnumerateFiles(Repository.File(folder), "*", SearchOption.AllDirectories)))
        {
            var path = Path.GetRelativePath(Repository.Root, file);
            if (path.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules"))
                continue;
            Directory.CreateDirectory(Path.Combine(target, Path.GetDirectoryName(path)!));
            File.Copy(file, Path.Combine(target, path));
        }
    }
}
