using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Portico.Bench.Load;
using Portico.DevStack;

namespace Portico.Bench.Ledger;

/// <summary>What PostgreSQL did alone, without HTTP.</summary>
internal sealed record PeerLedger(string What, int Clients, double PerSecond);

/// <summary>
/// Loads the same server by pgbench: the least that a commit costs, and another ledger in SQL, a plain one unless a peer is given.
/// </summary>
internal static partial class PgBench
{
    private const int PeerAccounts = 10_000;
    private static readonly int[] Clients = [1, 8, 32];

    public static async Task<IReadOnlyList<PeerLedger>> RunAsync(LoadStack stack, LoadOptions options, CancellationToken cancellationToken)
    {
        List<PeerLedger> rivals = [];
        await CreateAsync(stack, "floor", "CREATE TABLE floor (id uuid PRIMARY KEY, payload text NOT NULL)", cancellationToken);
        await MeasureAsync(
            "one-row insert", "floor", "INSERT INTO floor VALUES (gen_random_uuid(), 'the least there is');\n", Clients[^1..]);
        var (name, definition, call) = options.Peer is { } given
            ? ("peer", given, options.Call!)
            : ("row-locking SQL", Path.Combine(AppContext.BaseDirectory, "Ledger", "row-locking-ledger.sql"), "SELECT transfer(:a, :b, 1)");
        await CreateAsync(stack, "peer", await File.ReadAllTextAsync(definition, cancellationToken), cancellationToken);
        await MeasureAsync(
            $"{name}, uniform", "peer", $"\\set a random(1, {PeerAccounts})\n\\set b random(1, {PeerAccounts})\n{call};\n", Clients);
        await MeasureAsync($"{name}, hot", "peer", $"\\set a random(2, {PeerAccounts})\n\\set b 1\n{call};\n", Clients);
        return rivals;

        async Task MeasureAsync(string what, string database, string script, int[] clients)
        {
            var file = Path.Combine(stack.Folder, $"{Guid.NewGuid():N}.sql");
            await File.WriteAllTextAsync(file, script, cancellationToken);
            foreach (var count in clients)
            {
                rivals.Add(new PeerLedger(what, count, await LoadAsync(stack, database, file, count, options.Duration, cancellationToken)));
                Console.WriteLine($"| {what}, {count} clients | {rivals[^1].PerSecond:0} a second |");
            }
        }
    }

    private static async Task CreateAsync(LoadStack stack, string database, string sql, CancellationToken cancellationToken)
    {
        foreach (var (name, statement) in ((string, string)[])[("postgres", $"CREATE DATABASE {database}"), (database, sql)])
        {
            await using var connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(stack.Superuser)
                {
                    Database = name,
                    Pooling = false,
                    CommandTimeout = 600
                }.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<double> LoadAsync(
        LoadStack stack, string database, string script, int clients, TimeSpan duration, CancellationToken cancellationToken)
    {
        var server = new NpgsqlConnectionStringBuilder(stack.Superuser);
        // As a batch process, like the other load (ADR 0056).
        string[] arguments =
        [
            "--batch", "0", Path.Combine(Programs.PostgresFolder(major: null), "pgbench"),
            "-n", "-M", "prepared", "-h", server.Host!, "-p", $"{server.Port}", "-U", server.Username!, "-c", $"{clients}",
            "-j", $"{int.Min(clients, Environment.ProcessorCount)}", "-T", $"{duration.TotalSeconds:0}", "-f", script, database,
        ];
        var start = new ProcessStartInfo(Programs.Need("chrt", "util-linux"), arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PGPASSWORD"] = server.Password },
        };
        using var process = Process.Start(start) ?? throw new LoadException("pgbench does not start.");
        var (output, error) = (
            process.StandardOutput.ReadToEndAsync(cancellationToken), process.StandardError.ReadToEndAsync(cancellationToken));
        await process.WaitForExitAsync(cancellationToken);
        var found = Throughput().Match(await output);
        return found.Success
            ? double.Parse(found.Groups["tps"].ValueSpan, CultureInfo.InvariantCulture)
            : throw new LoadException($"pgbench failed: {await error}");
    }

    [GeneratedRegex("tps = (?<tps>[0-9.]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Throughput();
}
