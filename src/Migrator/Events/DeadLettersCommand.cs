using System.CommandLine;
using System.CommandLine.Parsing;
using Npgsql;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Postgres;
using Portico.Migrator.Commands;
using Spectre.Console;

namespace Portico.Migrator.Events;

/// <summary><c>events dead-letters list|replay|drop</c>: lists, replays and drops dead letters.</summary>
/// <remarks>
/// A dead letter is an event that a handler could not handle, or a message that was refused. A replay is a request: a server executes it
/// within some seconds. It has one effect, because the id shows whether the event was already handled.
/// </remarks>
internal static class DeadLettersCommand
{
    private const int MaxListed = 1000;

    private const string ListSql =
        $"SELECT id, kind, name, reason, died_at, replay_asked_at IS NOT NULL FROM ({DeadLetterSql.All}) d ORDER BY died_at, id LIMIT $1";

    public static Command Create(CommandHost host) =>
        new("dead-letters", "Events that could not be handled, and messages that were refused.")
        {
            host.Create(
                "list", $"List the dead letters, oldest first; at most {MaxListed}.", [Durations.ConnectTimeout()], ListAsync),
            CreateChange(
                host, "replay", "Ask a server to handle or send dead letters again, within some seconds.", "replayed",
                DeadLetterSql.Replay, "Asked for a replay of {0}."),
            CreateChange(host, "drop", "Delete dead letters permanently.", "dropped", DeadLetterSql.Drop, "Dropped {0}."),
        };

    private static Command CreateChange(CommandHost host, string name, string description, string result, string sql, string line)
    {
        var ids = new Argument<Guid[]>("ID")
        {
            Description = "The ids, as shown by list.",
            Arity = ArgumentArity.ZeroOrMore,
            CustomParser = ReadIds,
        };
        var all = new Option<bool>("--all") { Description = "All dead letters." };
        return host.Create(name, description, [ids, all, Durations.ConnectTimeout()], async (run, cancellationToken) =>
        {
            var named = run.Arguments.GetValue(ids) ?? [];
            if (named.Length > 0 == run.Arguments.GetValue(all))
                throw new MigratorException("Give one or more ids, or --all.");

            await using var connection = await run.OpenAsync(run.Settings.App ?? run.Settings.Migrator, cancellationToken);
            await using var change = new NpgsqlCommand(sql, connection).With(named);
            var changed = await change.ReadAll(row => row.GetGuid(0), cancellationToken);
            run.Report.Set(result, changed);
            run.Report.Line(string.Format(null, line, changed.Count));
            var missing = named.Except(changed).ToArray();
            foreach (var id in missing)
                run.Report.Note($"There is no dead letter {id}.");
            return missing.Length == 0 ? ExitCode.Ok : ExitCode.Error;
        });
    }

    // The parser of the library reads a text that is no id as an id of zeros.
    private static Guid[] ReadIds(ArgumentResult written)
    {
        List<Guid> ids = [];
        foreach (var token in written.Tokens)
        {
            if (Guid.TryParse(token.Value, out var id))
                ids.Add(id);
            else
                written.AddError($"'{token.Value}' is no id of a dead letter.");
        }

        return [.. ids];
    }

    private static async Task<ExitCode> ListAsync(CommandRun run, CancellationToken cancellationToken)
    {
        await using var connection = await run.OpenAsync(run.Settings.App ?? run.Settings.Migrator, cancellationToken);
        await using var command = new NpgsqlCommand(ListSql, connection).With(MaxListed);
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        var deadLetters = new List<object>();
        var table = new Table().Border(TableBorder.Simple).AddColumns("Id", "What", "Since (UTC)", "Reason");
        while (await rows.ReadAsync(cancellationToken))
        {
            var (id, kind, name, reason) = (rows.GetGuid(0), rows.GetString(1), rows.GetString(2), rows.GetString(3));
            var diedAt = await rows.GetFieldValueAsync<DateTimeOffset>(4, cancellationToken);
            var isAskedFor = rows.GetBoolean(5);
            deadLetters.Add(new { Id = id, Kind = kind, Name = name, Reason = reason, DiedAt = diedAt, ReplayAsked = isAskedFor });
            table.AddRow(
                $"{id}",
                Markup.Escape($"{kind} {name}{(isAskedFor ? ", replay requested" : "")}"),
                $"{diedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss}",
                Markup.Escape(reason));
        }

        run.Report.Set("deadLetters", deadLetters);
        if (deadLetters.Count == 0)
            run.Report.Line("There are no dead letters.");
        else
            run.Report.Show(table);
        return ExitCode.Ok;
    }
}
