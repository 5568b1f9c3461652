namespace Portico.DevStack;

/// <summary>Finds programs on this machine.</summary>
internal static class Programs
{
    // Debian keeps servers in sbin, which is not on the path of an ordinary user.
    private static readonly string[] Folders =
        [
            .. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries),
            "/usr/local/bin",
            "/usr/local/sbin",
            "/usr/bin",
            "/usr/sbin"
        ];

    public static string? Find(string name) => Folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    public static string Need(string name, string package) => Find(name)
        ?? throw new LocalStackException($"{name} is missing: install the package {package}.");

    /// <summary>The folder with initdb and postgres: of the given major version, or of the newest installed version.</summary>
    public static string PostgresFolder(int? major)
    {
        const string root = "/usr/lib/postgresql";
        var versions = Directory.Exists(root)
            ? Directory.EnumerateDirectories(root)
                .Where(folder => File.Exists(Path.Combine(folder, "bin/initdb")))
                .Select(folder => (
                    Major: int.TryParse(Path.GetFileName(folder), out var number) ? number : 0,
                    Folder: Path.Combine(folder, "bin")))
                .OrderByDescending(version => version.Major)
                .ToList()
            : [];
        if (versions.Find(version => major is null || version.Major == major) is { Folder: { } packaged })
            return packaged;
        if (versions.Count == 0 && Find("initdb") is { } initdb)
            return Path.GetDirectoryName(Path.GetFullPath(initdb))!;

        throw new LocalStackException(major is null
            ? "PostgreSQL is missing: install the package postgresql."
            : $"PostgreSQL {major} has written the data, but it is not installed: install postgresql-{major}, or delete the data folder.");
    }
}
