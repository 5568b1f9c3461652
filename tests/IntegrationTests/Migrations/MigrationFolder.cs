namespace Portico.IntegrationTests.Migrations;

/// <summary>A folder of migrations made for one test.</summary>
internal sealed class MigrationFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("portico-migrations-").FullName;

    /// <summary>The option that makes the Migrator read it.</summary>
    public string[] Option => ["--migrations", Path];

    public MigrationFolder With(string name, string up, string down)
    {
        File.WriteAllText(System.IO.Path.Combine(Path, $"{name}.up.sql"), up);
        File.WriteAllText(System.IO.Path.Combine(Path, $"{name}.down.sql"), down);
        return this;
    }

    public MigrationFolder WithTable(string name, string table) =>
        With(name, $"CREATE TABLE {table} (id integer PRIMARY KEY);\n", $"DROP TABLE {table};\n");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
