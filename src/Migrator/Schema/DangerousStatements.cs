using System.Text.RegularExpressions;
using Portico.Infrastructure.Postgres.Migrations;

namespace Portico.Migrator.Schema;

/// <summary>A statement of a migration that would stop or break the servers that run beside it.</summary>
/// <param name="FileName">The file of the migration.</param>
/// <param name="Line">The line where the statement begins, or the line of a wrong remark.</param>
/// <param name="Rule">The name by which a remark allows it.</param>
/// <param name="Problem">What it does, and what to do instead.</param>
internal sealed record DangerousStatement(string FileName, int Line, string Rule, string Problem)
{
    public override string ToString() => $"{FileName} line {Line}: {Problem} ({Rule})";
}

/// <summary>Finds the statements of a migration that must not run beside servers without a reason.</summary>
/// <remarks>
/// A remark <c>-- migrator: allow RULE: REASON</c> on a line of its own allows a rule in its file. A table that the file itself creates is
/// empty, so everything is allowed on it. The bodies of functions and of DO are not read. Down scripts are not checked: they undo.
/// </remarks>
internal static partial class DangerousStatements
{
    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
    private const int Timeout = 1000;
    private const int MinReason = 10;

    private static readonly Dictionary<string, string> Rules = new(StringComparer.Ordinal)
    {
        ["index"] = "CREATE INDEX stops the writers of its table: use CONCURRENTLY, in a file without a transaction",
        ["drop-index"] = "DROP INDEX stops everybody at its table: use CONCURRENTLY, in a file without a transaction",
        ["concurrently"] = "CONCURRENTLY is impossible in a transaction: the first line must be -- migrator: no-transaction",
        ["rewrite"] = "The table is written anew while nobody can read it: add a column, fill it in parts, and drop the old one later",
        ["not-null"] = "Every row is read while nobody can write, or the statement fails: "
            + "add a CHECK (… IS NOT NULL) NOT VALID, validate it in the next migration, then SET NOT NULL",
        ["check"] = "Every row is read while nobody can write: add the constraint NOT VALID, and validate it in the next migration",
        ["validate"] = "The lock that ALTER TABLE took stays until every row is read: validate the constraint in a migration of its own",
        ["unique"] = "An index is made while nobody can write: CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT … USING INDEX",
        ["drop-column"] = "Servers of the version before still read the column: drop it in the release after the one that stops to use it",
        ["drop-table"] = "Servers of the version before still use the table: drop it in the release after the one that stops to use it",
        ["rename"] = "Servers of the version before use the old name: add the new one, and drop the old one in a later release",
        ["data"] = "Every changed row stays locked until the migration ends: change rows in parts, by a program",
        ["lock"] = "LOCK TABLE and TRUNCATE stop everybody else until the migration ends",
    };

    /// <exception cref="FormatException">A quote or a comment has no end, or a statement would end the transaction of the file.</exception>
    public static IReadOnlyList<DangerousStatement> Find(MigrationScript script)
    {
        var remarks = script.Sql.Split('\n').Index()
            .Select(line => (Line: line.Index + 1, Match: Remark().Match(line.Item)))
            .Where(remark => remark.Match.Success)
            .Select(remark => (
                remark.Line, Rule: remark.Match.Groups["rule"].Value, Reason: remark.Match.Groups["reason"].Value.Trim()))
            .ToList();
        var found = FindAll(script).Distinct().ToList();

        var wrong = found.Where(statement => !remarks.Exists(remark => remark.Rule == statement.Rule)).ToList();
        foreach (var (line, rule, reason) in remarks)
        {
            var problem = !Rules.ContainsKey(rule) ? $"'{rule}' is no rule; the rules are {string.Join(", ", Rules.Keys)}"
                : reason.Length < MinReason ? $"The remark gives no reason: -- migrator: allow {rule}: REASON"
                : !found.Exists(statement => statement.Rule == rule) ? $"Nothing in the file needs the remark 'allow {rule}'"
                : null;
            if (problem is not null)
                wrong.Add(new DangerousStatement(script.FileName, line, rule, problem));
        }

        return [.. wrong.OrderBy(statement => statement.Line)];
    }

    private static IEnumerable<DangerousStatement> FindAll(MigrationScript script)
    {
        var created = new HashSet<string>(StringComparer.Ordinal);
        var altered = new HashSet<string>(StringComparer.Ordinal);
        foreach (var statement in SqlStatements.Split(script.Sql))
        {
            // Without comments, the content of strings, and function bodies.
            var text = Blanks().Replace(Ignored().Replace(statement.Text, Replacement), " ").Trim();
            if (CreateTable().Match(text) is { Success: true } create)
            {
                created.Add(TableOf(create));
                continue;
            }

            foreach (var rule in Judge(text, script.InTransaction, created, altered))
                yield return new DangerousStatement(script.FileName, statement.Line, rule, Rules[rule]);
        }
    }

    private static IEnumerable<string> Judge(string text, bool inTransaction, HashSet<string> created, HashSet<string> altered)
    {
        if (inTransaction && Concurrently().IsMatch(text))
            return ["concurrently"];
        if (CreateIndex().Match(text) is { Success: true } index)
            return index.Groups["concurrently"].Success || created.Contains(TableOf(index)) ? [] : ["index"];
        if (AlterTable().Match(text) is { Success: true } alter)
        {
            var table = TableOf(alter);
            return created.Contains(table) ? [] : JudgeActions(alter.Groups["actions"].Value, inTransaction && !altered.Add(table));
        }

        if (Change().Matches(text) is { Count: > 0 } changes)
            return changes.All(change => created.Contains(TableOf(change))) ? [] : ["data"];
        return Others().Where(other => other.Pattern.IsMatch(text)).Select(other => other.Rule);
    }

    private static IEnumerable<string> JudgeActions(string actions, bool isLocked)
    {
        var all = TopLevel(actions).ToList();
        return
            from action in all
            from judged in Actions()
            where judged.Pattern.IsMatch(action) && (judged.Rule != "validate" || isLocked || all.Count > 1)
            select judged.Rule;
    }

    private static (Regex Pattern, string Rule)[] Others() =>
    [
        (DropIndex(), "drop-index"), (DropTable(), "drop-table"), (Lock(), "lock"), (Rewrite(), "rewrite"),
        (RenameOther(), "rename"),
    ];

    private static (Regex Pattern, string Rule)[] Actions() =>
    [
        (ColumnType(), "rewrite"), (WrittenColumn(), "rewrite"), (Storage(), "rewrite"), (SetNotNull(), "not-null"),
        (ColumnNotNull(), "not-null"), (ValidatedConstraint(), "check"), (ColumnCheck(), "check"), (Validate(), "validate"),
        (UniqueConstraint(), "unique"), (DropColumn(), "drop-column"), (Rename(), "rename"),
    ];

    /// <summary>Splits at the commas that are in no parentheses.</summary>
    private static IEnumerable<string> TopLevel(string actions)
    {
        var (start, depth) = (0, 0);
        for (var at = 0; at < actions.Length; at++)
        {
            depth += actions[at] is '(' ? 1 : actions[at] is ')' ? -1 : 0;
            if (actions[at] != ',' || depth > 0)
                continue;
            yield return actions[start..at].Trim();
            start = at + 1;
        }

        yield return actions[start..].Trim();
    }

    private static string TableOf(Match match)
    {
        var name = match.Groups["table"].Value.Replace("\"", "", StringComparison.Ordinal).ToUpperInvariant();
        return name.StartsWith("PUBLIC.", StringComparison.Ordinal) ? name["PUBLIC.".Length..] : name;
    }

    private static string Replacement(Match ignored) => ignored.Value[0] is '\'' or '$' ? "''" : " ";

    [GeneratedRegex("^-- migrator: allow (?<rule>[a-z-]+)(: *(?<reason>.*))?$", RegexOptions.ExplicitCapture, Timeout)]
    private static partial Regex Remark();

    [GeneratedRegex(@"--[^\n]*|/\*[\s\S]*?\*/|'([^']|'')*'|(?<quote>\$\w*\$)[\s\S]*?\k<quote>", Options, Timeout)]
    private static partial Regex Ignored();

    [GeneratedRegex(@"\s+", RegexOptions.None, Timeout)]
    private static partial Regex Blanks();

    [GeneratedRegex(@"^CREATE ((GLOBAL |LOCAL )?TEMP(ORARY)? |UNLOGGED )?TABLE (IF NOT EXISTS )?(?<table>[\w.""]+)", Options, Timeout)]
    private static partial Regex CreateTable();

    [GeneratedRegex(
        @"^CREATE (UNIQUE )?INDEX (?<concurrently>CONCURRENTLY )?(IF NOT EXISTS )?([\w.""]+ )?ON (ONLY )?(?<table>[\w.""]+)",
        Options,
        Timeout)]
    private static partial Regex CreateIndex();

    [GeneratedRegex(@"^(CREATE|DROP|REINDEX|REFRESH)\b.*\bCONCURRENTLY\b", Options, Timeout)]
    private static partial Regex Concurrently();

    [GeneratedRegex(@"^ALTER TABLE (IF EXISTS )?(ONLY )?(?<table>[\w.""]+) (?<actions>.*)$", Options, Timeout)]
    private static partial Regex AlterTable();

    // Also in a statement that begins with WITH; FOR UPDATE locks rows only, and ON CONFLICT DO UPDATE names no table.
    [GeneratedRegex(
        @"(?<=^(WITH\b.*)?)(?<!\b(FOR|KEY|DO) )\b(UPDATE|DELETE FROM|MERGE INTO) (ONLY )?(?<table>[\w.""]+)", Options, Timeout)]
    private static partial Regex Change();

    [GeneratedRegex("^DROP INDEX (?!CONCURRENTLY)", Options, Timeout)]
    private static partial Regex DropIndex();

    [GeneratedRegex("^DROP (TABLE|SCHEMA|VIEW|MATERIALIZED VIEW|FUNCTION)", Options, Timeout)]
    private static partial Regex DropTable();

    [GeneratedRegex("^(LOCK|TRUNCATE)", Options, Timeout)]
    private static partial Regex Lock();

    [GeneratedRegex(@"^(CLUSTER|VACUUM \(?FULL|REINDEX (?!.*CONCURRENTLY))", Options, Timeout)]
    private static partial Regex Rewrite();

    [GeneratedRegex("^ALTER (VIEW|FUNCTION|SCHEMA|TYPE) .* RENAME ", Options, Timeout)]
    private static partial Regex RenameOther();

    [GeneratedRegex(@"^ALTER (COLUMN )?[\w""]+ (SET DATA )?TYPE ", Options, Timeout)]
    private static partial Regex ColumnType();

    // A default that differs from row to row, or a value that is computed for each row.
    [GeneratedRegex(
        @"^ADD (?!CONSTRAINT ).*(\b(SMALL|BIG)?SERIAL\b|\bGENERATED\b|"
        + @"\bDEFAULT .*(GEN_RANDOM_UUID|UUID\w*|RANDOM|CLOCK_TIMESTAMP|NEXTVAL)\()",
        Options,
        Timeout)]
    private static partial Regex WrittenColumn();

    [GeneratedRegex("^SET (LOGGED|UNLOGGED|TABLESPACE|ACCESS METHOD)", Options, Timeout)]
    private static partial Regex Storage();

    [GeneratedRegex(@"^ALTER (COLUMN )?[\w""]+ SET NOT NULL", Options, Timeout)]
    private static partial Regex SetNotNull();

    [GeneratedRegex(@"^ADD (?!CONSTRAINT |CHECK|FOREIGN KEY)(?!.*\bDEFAULT\b)(?!.*\bGENERATED\b).*\bNOT NULL\b", Options, Timeout)]
    private static partial Regex ColumnNotNull();

    [GeneratedRegex(@"^ADD (CONSTRAINT [\w""]+ )?(CHECK|FOREIGN KEY)(?!.*\bNOT VALID\b)", Options, Timeout)]
    private static partial Regex ValidatedConstraint();

    [GeneratedRegex(@"^ADD (?!CONSTRAINT |CHECK|FOREIGN KEY).*\b(CHECK ?\(|REFERENCES\b)", Options, Timeout)]
    private static partial Regex ColumnCheck();

    [GeneratedRegex("^VALIDATE CONSTRAINT", Options, Timeout)]
    private static partial Regex Validate();

    [GeneratedRegex(
        @"^ADD ((CONSTRAINT [\w""]+ )?(UNIQUE|PRIMARY KEY|EXCLUDE)(?!.*\bUSING INDEX\b)|"
        + @"(?!CONSTRAINT |CHECK|FOREIGN KEY|UNIQUE|PRIMARY KEY).*\b(UNIQUE|PRIMARY KEY)\b)",
        Options,
        Timeout)]
    private static partial Regex UniqueConstraint();

    [GeneratedRegex("^DROP (?!CONSTRAINT )", Options, Timeout)]
    private static partial Regex DropColumn();

    [GeneratedRegex("^(RENAME (?!CONSTRAINT )|SET SCHEMA )", Options, Timeout)]
    private static partial Regex Rename();
}
