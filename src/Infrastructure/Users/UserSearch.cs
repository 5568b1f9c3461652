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

    // With two of these among the newest 500, the 21 of a page are expected among 5,250; fewer than two are some thousand in a million.
    private const int SampleRows = 500;
    private const int MinSampled = 2;
    private const int NewestRows = 10_000;

    private static readonly char[] Gaps = [' ', '-'];

    public async Task<IReadOnlyList<Guid>> Find(
        string text, Role? role, AccountStatus? status, Guid? before, int limit, CancellationToken cancellationToken)
    {
        List<object> values = [limit];
        var conditions = Conditions(text, values);
        var page = "";
        if (before is { } last)
        {
            page = $" AND id < {{{values.Count}}}";
            values.Add(last);
        }

        var newestFilters = Filters(role, status, isForIndexes: false) + page;
        var indexedFilters = Filters(role, status, isForIndexes: true) + page;
        string Newest(int rows) =>
            $"SELECT id FROM (SELECT * FROM users WHERE {newestFilters} ORDER BY id DESC LIMIT {rows}) n "
            + $"WHERE ({string.Join(" OR ", conditions)})";
        string Indexed(string and) => string.Join(" UNION ", conditions.Select(condition =>
            $"(SELECT id AS \"Value\" FROM (SELECT id FROM users WHERE {condition} AND {indexedFilters}{and} OFFSET 0) i "
            + "ORDER BY id DESC LIMIT {0})"));

        // What many users match is found among the newest; what few match is found by the indexes. The planner would decide by its
        // statistics, and would read the whole table in the order of the answer to find users who all are old. A sample decides better.
        // OFFSET 0 keeps the order and the LIMIT away from the choice of the index, and costs nothing: a name of thousands of old users is
        // sorted as it is read. One user has an id, so an id needs no sample.
        var sql = Guid.TryParse(text, out _)
            ? $"{Indexed("")} ORDER BY 1 DESC LIMIT {{0}}"
            : $$"""
            WITH sample AS MATERIALIZED (
                {{Newest(SampleRows)}} ORDER BY id DESC LIMIT {0}
            ), newest AS MATERIALIZED (
                {{Newest(NewestRows)}} AND (SELECT count(*) FROM sample) BETWEEN {{MinSampled}} AND {0} - 1 ORDER BY id DESC LIMIT {0}
            )
            SELECT id AS "Value" FROM sample UNION SELECT id FROM newest
            UNION {{Indexed(" AND (SELECT count(*) FROM sample) < {0} AND (SELECT count(*) FROM newest) < {0}")}} ORDER BY 1 DESC LIMIT {0}
            """;
        // A plan for any text would read the whole table for each: the indexes need to know the text.
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync($"SET LOCAL plan_cache_mode = force_custom_plan", cancellationToken);
        var ids = await db.Database.SqlQueryRaw<Guid>(sql, [.. values]).ToListAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ids;
    }

    /// <summary>The conditions of which a user meets one. Each has an index; the words are last, because they take the longest.</summary>
    private static List<string> Conditions(string text, List<object> values)
    {
        List<string> conditions = [];
        void Add(string condition, object value)
        {
            conditions.Add(condition.Replace("$", $"{{{values.Count}}}", StringComparison.Ordinal));
            values.Add(value);
        }

        if (Guid.TryParse(text, out var id))
            Add("id = $", id);
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

        if (text.Split(Gaps, StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } words)
            Add($"{NameWords} @@ CAST($ AS tsquery)", string.Join(" & ", words.Select(Beginning)));
        return conditions;
    }

    // Constants and not parameters, so that the planner knows how rare they are.
    // The deleted users are spread over the whole table: the planner takes their index for cheap, and would read every page of the table.
    // It does not see that IS FALSE means the same, so it takes the index of the condition.
    private static string Filters(Role? role, AccountStatus? status, bool isForIndexes)
    {
        var filter = status switch
        {
            AccountStatus.Active => "deleted_at IS NULL AND status = 'active'",
            AccountStatus.Blocked => "deleted_at IS NULL AND status = 'blocked'",
            AccountStatus.Deleted => isForIndexes ? "(deleted_at IS NULL) IS FALSE" : "deleted_at IS NOT NULL",
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
