using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Portico.Infrastructure.Postgres.Migrations;

/// <summary>One migration of the schema, with its up and down scripts.</summary>
/// <remarks>
/// Its checksum is the SHA-256 of the up file with LF line ends and without the remarks that allow dangerous statements, so that an applied
/// migration can get one; in lower-case hexadecimal.
/// </remarks>
public sealed partial record Migration(int Id, string Name, MigrationScript Up, MigrationScript Down)
{
    public string Checksum { get; } =
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Remark().Replace(Up.Sql, ""))));

    /// <summary>The name in file names, such as <c>0001_foundation</c>.</summary>
    public string FullName => MigrationCatalog.FullName(Id, Name);

    [GeneratedRegex("^-- migrator: allow .*\n", RegexOptions.Multiline | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Remark();
}

/// <summary>The SQL of one file; it runs in one transaction unless its first line is <c>-- migrator: no-transaction</c>.</summary>
public sealed record MigrationScript(string FileName, string Sql, bool InTransaction);

/// <summary>A list of migrations, in the order in which they are applied.</summary>
public sealed partial class MigrationCatalog
{
    private const string ResourceFolder = "migrations/";
    private const string Directive = "-- migrator:";
    private const string NoTransaction = "no-transaction";
    private const string Allow = "allow ";
    private const int MaxFiles = 9999 * 2;

    private MigrationCatalog(IReadOnlyList<Migration> migrations) => Migrations = migrations;

    /// <summary>The migrations that are part of this build.</summary>
    public static MigrationCatalog BuiltIn { get; } = ReadResources(typeof(MigrationCatalog).Assembly, ResourceFolder);

    public IReadOnlyList<Migration> Migrations { get; }

    public static string FullName(int id, string name) => string.Create(CultureInfo.InvariantCulture, $"{id:0000}_{name}");

    /// <summary>Reads the migrations that an assembly contains under a prefix.</summary>
    /// <exception cref="InvalidDataException">The files are no sequence of migrations; the message names the file.</exception>
    public static MigrationCatalog ReadResources(Assembly assembly, string prefix) => Load(
        from name in assembly.GetManifestResourceNames()
        where name.StartsWith(prefix, StringComparison.Ordinal)
        select (name[prefix.Length..], ReadResource(assembly, name)));

    /// <exception cref="InvalidDataException">The files are no sequence of migrations; the message names the file.</exception>
    public static MigrationCatalog ReadFolder(string folder) => Load(Directory
        .EnumerateFiles(folder, "*.sql")
        .Take(MaxFiles + 1)
        .Select(file => (Path.GetFileName(file), File.ReadAllText(file))));

    /// <exception cref="InvalidDataException">The files are no sequence of migrations; the message names the file.</exception>
    public static MigrationCatalog Load(IEnumerable<(string FileName, string Sql)> files)
    {
        var scripts = files.Select(file => Parse(file.FileName, file.Sql)).ToList();
        if (scripts.Count > MaxFiles)
            throw new InvalidDataException($"More than {MaxFiles} migration files.");

        var migrations = new List<Migration>();
        foreach (var group in scripts.GroupBy(script => script.Id).OrderBy(group => group.Key))
        {
            var expected = migrations.Count + 1;
            if (group.Key != expected)
                throw new InvalidDataException(
                    $"Migration {expected:0000} is missing before {group.First().Script.FileName}: ids have no gaps.");

            var up = group.Where(script => script.IsUp).ToList();
            var down = group.Where(script => !script.IsUp).ToList();
            if (up.Count > 1 || down.Count > 1)
            {
                var names = group.Select(script => script.Script.FileName).Order(StringComparer.Ordinal);
                throw new InvalidDataException($"Id {group.Key:0000} is taken twice: {string.Join(", ", names)}.");
            }

            if (up.Count == 0 || down.Count == 0 || up[0].Name != down[0].Name)
                throw new InvalidDataException(
                    $"{group.First().Script.FileName} lacks its counterpart: each migration has an .up.sql and a .down.sql of one name.");

            migrations.Add(new Migration(group.Key, up[0].Name, up[0].Script, down[0].Script));
        }

        return new MigrationCatalog(migrations);
    }

    public Migration? Find(int id) => id >= 1 && id <= Migrations.Count ? Migrations[id - 1] : null;

    private static (int Id, string Name, bool IsUp, MigrationScript Script) Parse(string fileName, string sql)
    {
        var match = FileNamePattern().Match(fileName);
        if (!match.Success)
            throw new InvalidDataException($"{fileName} is not named like 0001_name.up.sql or 0001_name.down.sql.");

        var text = sql.ReplaceLineEndings("\n");
        return (
            int.Parse(match.Groups["id"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture),
            match.Groups["name"].Value,
            match.Groups["direction"].Value == "up",
            new MigrationScript(fileName, text, InTransaction(fileName, text)));
    }

    private static bool InTransaction(string fileName, string sql)
    {
        var firstLine = sql.AsSpan(0, sql.AsSpan().IndexOf('\n') is var end and >= 0 ? end : sql.Length).Trim();
        if (!firstLine.StartsWith(Directive, StringComparison.Ordinal))
            return true;

        var directive = firstLine[Directive.Length..].Trim();
        if (directive.StartsWith(Allow, StringComparison.Ordinal))
            return true;
        return directive.Equals(NoTransaction, StringComparison.Ordinal)
            ? false
            : throw new InvalidDataException($"{fileName}: '{directive}' is no directive; the only one is '{NoTransaction}'.");
    }

    private static string ReadResource(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(
        @"^(?<id>[0-9]{4})_(?<name>[a-z0-9]+(_[a-z0-9]+)*)\.(?<direction>up|down)\.sql$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex FileNamePattern();
}
