using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Portico.Bench.Load;
using Portico.DevStack;

namespace Portico.Bench.Ledger;

/// <summary>What PostgreSQL did alone, without HTTP.</summary>
/// <param name="What">The ledger and the load.</param>
/// <param name="Clients">How many at once.</param>
/// <param name="PerSecond">Transfers or rows a second.</param>
internal sealed record PeerLedger(string What, int Clients, double PerSecond);

/// <summary>
/// Loads the same server by pgbench: the least that a commit costs, and another ledger in SQL, a plain one unless a peer is given.
/// </summary>
internal sealed partial class PgBench
{
    private const int PeerAccounts = 10_000;
    private static readonly int[] Clients = [1, 8, 32];

    private readonly LoadStack _stack;
    private readonly List<(string What, string Database, string Script, int[] Clients)> _loads = [];

    private PgBench(LoadStack stack) => _stack = stack;

    /// <summary>Makes the databases and the scripts.</summary>
    public static async Task<PgBench> CreateAsync(LoadStack stack, LoadOptions options, CancellationToken cancellationToken)
    {
        var bench = new PgBench(stack);
        var (name, definition, call) = options.Peer is { } given
            ? ("peer", given, options.Call!)
            : ("row-locking SQL", Path.Combine(AppContext.BaseDirectory, "Ledger", "row-locking-ledger.sql"), "SELECT transfer(:a, :b, 1)");
        await bench.CreateAsync("peer", await File.ReadAllTextAsync(definition, cancellationToken), cancellationToken);
        await bench.AddAsync(
            $"{name}, uniform", "peer", $"\\set a random(1, {PeerAccounts})\n\\set b random(1, {PeerAccounts})\n{call};\n", Clients,
            cancellationToken);
        await bench.AddAsync(
            $"{name}, hot", "peer", $"\\set a random(2, {PeerAccounts})\n\\set b 1\n{call};\n", Clients, cancellationToken);
        await bench.CreateAsync("floor", "CREATE TABLE floor (id uuid PRIMARY KEY, payload text NOT NULL)", cancellationToken);
        await bench.AddAsync(
            "one-row insert", "floor", "INSERT INTO floor VALUES (gen_random_uuid(), 'the least there is');\n", Clients[^1..],
            cancellationToken);
        return bench;
    }

    /// <summary>
    /// Measures each load once with each number of clients: the other ledger over many accounts, on one account, then single rows.
    /// </summary>
    public async Task<IReadOnlyList<PeerLedger>> TryAllAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        List<PeerLedger> found = [];
        foreach (var (what, _, _, clients) in _loads)
        {
            foreach (var count in clients)
            {
                found.Add(new PeerLedger(what, count, await LoadAsync(what, count, duration, cancellationToken)));
                Console.WriteLine($"| {what}, {count} clients | {found[^1].PerSecond:0} a second |");
            }
        }

        return found;
    }

    /// <returns>The transfers or rows a second.</returns>
    public async Task<double> LoadAsync(string what, int clients, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (_, database, script, _) = _loads.Single(load => load.What == what);
        var server = new NpgsqlConnectionStringBuilder(_stack.Superuser);
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

    private async Task AddAsync(string what, string database, string script, int[] clients, CancellationToken cancellationToken)
    {
        var file = Path.Combine(_stack.Folder, $"{Guid.NewGuid():N}.sql");
        await File.WriteAllTextAsync(file, script, cancellationToken);
        _loads.Add((what, database, file, clients));
    }

    private async Task CreateAsync(string database, string sql, CancellationToken cancellationToken)
    {
        foreach (var (name, statement) in ((string, string)[])[("postgres", $"CREATE DATABASE {database}"), (database, sql)])
        {
            await using var connection = new NpgsqlConnection(
                new NpgsqlConnectionStringBuilder(_stack.Superuser)
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

    [GeneratedRegex("tps = (?<tps>[0-9.]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Throughput();
}
