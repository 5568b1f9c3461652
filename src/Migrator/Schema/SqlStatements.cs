using System.Buffers;

namespace Portico.Migrator.Schema;

/// <summary>One statement of an SQL file and the line where it begins.</summary>
internal sealed record SqlStatement(string Text, int Line)
{
    /// <summary>The line of the file at a position of the statement, which PostgreSQL counts from 1.</summary>
    public int LineAt(int position) => Line + Text.AsSpan(0, Math.Clamp(position - 1, 0, Text.Length)).Count('\n');
}

/// <summary>Splits an SQL file into statements.</summary>
/// <remarks>
/// Supports strings, quoted names, dollar quotes and nested comments (PostgreSQL 4.1, Lexical Structure). Function bodies must be
/// dollar-quoted; <c>BEGIN ATOMIC</c> is not supported.
/// </remarks>
internal static class SqlStatements
{
    private static readonly SearchValues<char> Special = SearchValues.Create(";'\"$-/()");
    private static readonly SearchValues<char> Letters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    private static readonly string[] TransactionControl = ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT"];

    /// <exception cref="FormatException">A quote or a comment has no end, or a statement would end the transaction of the file.</exception>
    public static IReadOnlyList<SqlStatement> Split(string sql)
    {
        var statements = new List<SqlStatement>();
        var position = SkipBlanks(sql, 0);
        var start = position;
        var depth = 0;
        while (position < sql.Length)
        {
            var next = sql.AsSpan(position).IndexOfAny(Special);
            position = next < 0 ? sql.Length : position + next;
            if (position < sql.Length && (sql[position] != ';' || depth > 0))
            {
                // Rules contain statements in parentheses.
                depth += sql[position] is '(' ? 1 : sql[position] is ')' ? -1 : 0;
                position = SkipToken(sql, position);
                continue;
            }

            if (position > start)
                statements.Add(Statement(sql, start, position));
            position = SkipBlanks(sql, Math.Min(position + 1, sql.Length));
            start = position;
            depth = 0;
        }

        return statements;
    }

    private static SqlStatement Statement(string sql, int start, int end)
    {
        var statement = new SqlStatement(sql[start..end].TrimEnd(), 1 + sql.AsSpan(0, start).Count('\n'));
        var firstWord = statement.Text.AsSpan(
            0, statement.Text.AsSpan().IndexOfAnyExcept(Letters) is var length and >= 0 ? length : statement.Text.Length);
        foreach (var word in TransactionControl)
        {
            if (firstWord.Equals(word, StringComparison.OrdinalIgnoreCase))
                throw new FormatException($"line {statement.Line}: only the Migrator may use {word}");
        }

        return statement;
    }

    private static int SkipBlanks(string sql, int position)
    {
        while (position < sql.Length)
        {
            if (char.IsWhiteSpace(sql[position]))
                position++;
            else if (IsAt(sql, position, "--") || IsAt(sql, position, "/*"))
                position = SkipToken(sql, position);
            else
                break;
        }

        return position;
    }

    /// <summary>The position after the string, quoted name, comment or single character that begins here.</summary>
    private static int SkipToken(string sql, int position) => sql[position] switch
    {
        '\'' => SkipQuoted(sql, position, IsEscapeString(sql, position)),
        '"' => SkipQuoted(sql, position, backslashEscapes: false),
        '$' => SkipDollarQuoted(sql, position),
        '-' when IsAt(sql, position, "--") => sql.IndexOf('\n', position) is var end and >= 0 ? end + 1 : sql.Length,
        '/' when IsAt(sql, position, "/*") => SkipComment(sql, position),
        _ => position + 1,
    };

    private static bool IsEscapeString(string sql, int quote) =>
        quote > 0 && sql[quote - 1] is 'e' or 'E' && (quote == 1 || !IsNamePart(sql[quote - 2]));

    private static int SkipQuoted(string sql, int position, bool backslashEscapes)
    {
        var quote = sql[position];
        for (var end = position + 1; end < sql.Length; end++)
        {
            var isDoubled = sql[end] == quote && end + 1 < sql.Length && sql[end + 1] == quote;
            if (isDoubled || (backslashEscapes && sql[end] == '\\'))
                end++;
            else if (sql[end] == quote)
                return end + 1;
        }

        throw Endless(sql, position);
    }

    private static int SkipDollarQuoted(string sql, int position)
    {
        // A $ inside a name or before a digit does not begin a quote.
        if (position > 0 && IsNamePart(sql[position - 1]))
            return position + 1;
        var tagEnd = position + 1;
        while (tagEnd < sql.Length && IsNamePart(sql[tagEnd]))
            tagEnd++;
        if (tagEnd == sql.Length || sql[tagEnd] != '$' || char.IsAsciiDigit(sql[position + 1]))
            return position + 1;

        var tag = sql[position..(tagEnd + 1)];
        var end = sql.IndexOf(tag, tagEnd + 1, StringComparison.Ordinal);
        return end < 0 ? throw Endless(sql, position) : end + tag.Length;
    }

    private static int SkipComment(string sql, int position)
    {
        var depth = 0;
        for (var end = position; end < sql.Length - 1; end++)
        {
            if (IsAt(sql, end, "/*"))
            {
                depth++;
                end++;
            }
            else if (IsAt(sql, end, "*/"))
            {
                depth--;
                end++;
                if (depth == 0)
                    return end + 1;
            }
        }

        throw Endless(sql, position);
    }

    private static bool IsNamePart(char character) => char.IsLetterOrDigit(character) || character == '_';

    private static bool IsAt(string sql, int position, string what) => string.CompareOrdinal(sql, position, what, 0, what.Length) == 0;

    private static FormatException Endless(string sql, int position) =>
        new($"line {1 + sql.AsSpan(0, position).Count('\n')}: a quote or a comment that begins here has no end");
}
