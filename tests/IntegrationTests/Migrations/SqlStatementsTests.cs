using FsCheck;
using FsCheck.Fluent;
using Portico.Migrator.Schema;

namespace Portico.IntegrationTests.Migrations;

public sealed class SqlStatementsTests
{
    private static readonly string[] Tricky =
    [
        "SELECT 1",
        "SELECT ';'",
        "SELECT 'it''s; ''', E'\\'; \\\\', 'C:\\'",
        "SELECT \"a;\"\"b\" FROM x",
        "DO $$ BEGIN PERFORM ';'; END $$",
        "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $body$ SELECT $$;$$ || '$body'; $body$",
        "SELECT a$b$ - 1, $1",
        "SELECT 1 -- ; 'no end\n, 2",
        "SELECT /* ; /* 'nested' */ ; */ 3 / 4 - 5",
        "SELECT x FROM type WHERE type'' = ''",
        "CREATE RULE r AS ON DELETE TO t DO ALSO (DELETE FROM u; DELETE FROM v)",
    ];

    private static readonly string[] Gaps = ["", " ", "\n", "\n-- a remark; it's none\n", "/* ; */", ";"];

    [Fact]
    public void Gives_back_the_statements_that_a_file_was_made_of()
    {
        var pieces = Gen.ArrayOf(Gen.Zip(Gen.Elements(Tricky), Gen.Elements(Gaps)));
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(pieces), parts =>
        {
            var sql = string.Concat(parts.Select(part => $"{part.Item2}{part.Item1};{part.Item2}"));
            Assert.Equal(parts.Select(part => part.Item1), Split(sql), StringComparer.Ordinal);
        }));
    }

    [Fact]
    public void The_last_statement_needs_no_semicolon() =>
        Assert.Equal(["SELECT 1", "SELECT 2"], Split("SELECT 1;\nSELECT 2\n"));

    [Fact]
    public void Knows_the_line_of_a_statement_and_of_each_position_in_it()
    {
        var statement = SqlStatements.Split("-- a remark\nSELECT 1;\n\nSELECT\n  wrong;\n")[1];
        Assert.Equal(4, statement.Line);
        Assert.Equal(5, statement.LineAt(statement.Text.IndexOf("wrong", StringComparison.Ordinal) + 1));
    }

    [Theory]
    [InlineData("SELECT 1;\nSELECT 'a;\n", "line 2")]
    [InlineData("SELECT $x$ a; $y$", "line 1")]
    [InlineData("/* /* */ SELECT 1;", "line 1")]
    public void Refuses_a_quote_or_comment_without_end(string sql, string line) =>
        Assert.Contains(line, Assert.Throws<FormatException>(() => SqlStatements.Split(sql)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("BEGIN")]
    [InlineData("commit")]
    [InlineData("ROLLBACK TO s")]
    [InlineData("start transaction")]
    public void Refuses_to_let_a_file_end_its_transaction(string sql) =>
        Assert.StartsWith(
            "line 2", Assert.Throws<FormatException>(() => SqlStatements.Split($"SELECT 1;\n{sql};")).Message, StringComparison.Ordinal);

    private static string[] Split(string sql) => [.. SqlStatements.Split(sql).Select(statement => statement.Text)];
}
