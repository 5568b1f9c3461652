using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Records;
using Portico.Application.Users;
using Portico.Domain.Users;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Users;

/// <summary>Finds users with the indexes of migration 0033.</summary>
/// <remarks>
/// Words of a name are compared as a set, so a word may stand anywhere in the name. Digits of a phone number count from three on, because
/// fewer of them are part of too many numbers. A number may be written as people do: with spaces, hyphens, dots and brackets, with 00 or +
/// before the country code, or with the 0 of a national number.
/// </remarks>
internal sealed class UserSearch(AppDbContext db) : IUserSearch
{
    private const int MinDigits = 3;

    // From this length on a text that begins with 0 can be a national number, and not only the end of a number.
    private const int MinNationalDigits = 7;

    // The same expression is in the index.
    private const string NameWords =
        "array_to_tsvector(array_remove(string_to_array(translate(lower(display_name), '-', ' '), ' '), ''))";

    private static readonly Guid AfterAll = new("ffffffff-ffff-ffff-ffff-ffffffffffff");
    private static readonly char[] Gaps = [' ', '-'];

    public async Task<IReadOnlyList<Guid>> Find(
        string text, Role? role, AccountStatus? status, Guid? before, int limit, CancellationToken cancellationToken)
    {
        List<object> values = [before ?? AfterAll, limit];
        var matches = $"({Matches(text, values)}) AND {Filters(role, status)}";
        // What many users match is found among the newest; what few match is found by the indexes. The planner can't know which of both it
        // is: it would read the whole table in the order of the answer to find users who all are old.
        var sql =
            $$"""
            WITH newest AS (
                SELECT id FROM (SELECT * FROM users WHERE id < {0} ORDER BY id DESC LIMIT 2000) n
                WHERE {{matches}} ORDER BY id DESC LIMIT {1}
            ), matching AS MATERIALIZED (
                SELECT id FROM users WHERE {{matches}} AND (SELECT count(*) FROM newest) < {1}
            )
            SELECT id AS "Value" FROM newest
            UNION SELECT id FROM (SELECT id FROM matching WHERE id < {0} ORDER BY id DESC LIMIT {1}) m
            ORDER BY 1 DESC LIMIT {1}
            """;
        return await db.Database.SqlQueryRaw<Guid>(sql, [.. values]).ToListAsync(cancellationToken);
    }

    private static string Matches(string text, List<object> values)
    {
        List<string> conditions = [];
        void Add(string condition, object value)
        {
            conditions.Add(condition.Replace("$", $"{{{values.Count}}}", StringComparison.Ordinal));
            values.Add(value);
        }

        if (Guid.TryParse(text, out var id))
            Add("id = $", id);
        if (text.Split(Gaps, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words)
            Add($"{NameWords} @@ CAST($ AS tsquery)", string.Join(" & ", words.Select(Beginning)));
        Add(@"email LIKE $ ESCAPE '\'", $"{RecordQueries.Literally(text)}%");
        if (DigitsOf(text) is { Length: >= MinDigits } digits)
        {
            var isInternational = text.TrimStart().StartsWith('+');
            var hasPrefix = !isInternational && digits.StartsWith("00", StringComparison.Ordinal);
            Add("phone LIKE $", $"+{(hasPrefix ? digits[2..] : digits)}%");
            if (!isInternational)
                Add("reverse(phone) LIKE $", $"{Reversed(digits)}%");
            if (!isInternational && digits.Length >= MinNationalDigits && digits[0] == '0')
                Add("reverse(phone) LIKE $", $"{Reversed(digits.TrimStart('0'))}%");
        }

        return string.Join(" OR ", conditions);
    }

    // Constants and not parameters, so that the planner knows how rare they are.
    private static string Filters(Role? role, AccountStatus? status)
    {
        var filter = status switch
        {
            AccountStatus.Active => "deleted_at IS NULL AND status = 'active'",
            AccountStatus.Blocked => "deleted_at IS NULL AND status = 'blocked'",
            AccountStatus.Deleted => "deleted_at IS NOT NULL",
            _ => "deleted_at IS NULL",
        };
        return role is null ? filter : $"{filter} AND role = '{JsonNamingPolicy.CamelCase.ConvertName(role.Value.ToString())}'";
    }

    /// <summary>A lexeme of a tsquery that matches words with this beginning.</summary>
    private static string Beginning(string word)
    {
        var escaped = word.ToLowerInvariant().Replace(@"\", @"\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal);
        return $"'{escaped}':*";
    }

    /// <summary>The digits of a text that can be a phone number or a part of one; otherwise nothing.</summary>
    private static string DigitsOf(string text) =>
        text.All(sign => char.IsAsciiDigit(sign) || " +-().".Contains(sign, StringComparison.Ordinal))
            ? string.Concat(text.Where(char.IsAsciiDigit))
            : "";

    private static string Reversed(string digits) => string.Concat(digits.Reverse());
}
