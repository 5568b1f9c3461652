using System.Data;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Npgsql;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>The progress of a verification, in postings or other rows that take as long.</summary>
public readonly record struct LedgerProgress(string Check, long Done, long Total);

/// <summary>Verifies the ledger of one database with set-based SQL, in one snapshot.</summary>
/// <remarks>
/// It blocks no reader and no writer. Postings are checked in parts of <see cref="PartSize"/> rows by their key, so neither memory nor one
/// statement grows with the history of an account. It ends when its token is cancelled.
/// </remarks>
public sealed class LedgerVerification : ILedgerVerification
{
    private const int PartSize = 500_000;

    // An advisory lock that nothing else in the database uses.
    private const long LockKey = 0x504f_5254_4c45_4447;

    private readonly NpgsqlDataSource _database;
    private int _wrongChecks;

    public LedgerVerification(NpgsqlDataSource database, IMeterFactory meters)
    {
        _database = database;
        meters.Create("Portico.Ledger").CreateObservableGauge(
            "portico.ledger.wrong.checks", () => Volatile.Read(ref _wrongChecks), "{check}", "Checks that failed in the last verification");
    }

    public async Task<Result<LedgerVerificationDto>> Verify(CancellationToken cancellationToken)
    {
        await using var connection = await _database.OpenConnectionAsync(cancellationToken);
        var verified = await VerifyAsync(connection, _ => { }, cancellationToken);
        if (verified.IsSuccess)
            Volatile.Write(ref _wrongChecks, verified.Value.Checks.Count(check => !check.Clean));
        return verified;
    }

    /// <summary>Verifies with an open connection that has no open transaction.</summary>
    /// <returns>The findings, or an error while another verification of the same database is running.</returns>
    public static async Task<Result<LedgerVerificationDto>> VerifyAsync(
        NpgsqlConnection connection, Action<LedgerProgress> progress, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        return await Begin(connection, cancellationToken)
            ? await JudgeAsync(connection, progress, cancellationToken)
            : LedgerQueryErrors.VerificationRunning;
    }

    /// <summary>Runs all checks in the open transaction of the connection.</summary>
    internal static async Task<LedgerVerificationDto> JudgeAsync(
        NpgsqlConnection connection, Action<LedgerProgress> progress, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var counts = await Count(connection, cancellationToken);
        // The checks with one statement each together take about as long as the check in parts, and so does the chain.
        var total = Math.Max(3 * counts.Postings, 3);
        var share = Math.Max(counts.Postings / LedgerChecks.Others.Count, 1);

        var wrong = new Dictionary<string, WrongRowDto>(StringComparer.Ordinal);
        await CheckPostings(
            connection, wrong, done => progress(new LedgerProgress("postings", Math.Min(done, total), total)), cancellationToken);
        var passed = counts.Postings;
        foreach (var check in LedgerChecks.Others)
        {
            progress(new LedgerProgress(check.Name, Math.Min(passed, total), total));
            if (await FirstWrong(connection, check, cancellationToken) is { } row)
                wrong[check.Name] = row;
            passed += share;
        }

        var (blocks, wrongInChain) = await CheckChain(
            connection, done => progress(new LedgerProgress("chain", Math.Min(passed + done, total), total)), cancellationToken);
        foreach (var (check, row) in wrongInChain)
            wrong[check] = row;
        progress(new LedgerProgress("done", total, total));
        return new LedgerVerificationDto(
            wrong.Count == 0, counts.At, clock.ElapsedMilliseconds, counts.Accounts, counts.Journals, counts.Postings, blocks,
            [
                .. LedgerChecks.OfPostings
                    .Concat(LedgerChecks.Others.Select(check => (check.Name, check.Promise)))
                    .Concat(ChainVerification.Checks)
                    .Select(check => new LedgerCheckDto(
                        check.Name, check.Promise, !wrong.ContainsKey(check.Name), wrong.GetValueOrDefault(check.Name))),
            ]);
    }

    private static async Task<bool> Begin(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // One verification at a time, to limit the load; the lock ends with the transaction. Each statement is planned for its own values
        // and with the settings of its moment, also when the driver has prepared it.
        return (bool)(await Command(
            connection,
            $"""
            SET TRANSACTION READ ONLY; SET LOCAL work_mem = '128MB'; SET LOCAL jit = off; SET LOCAL max_parallel_workers_per_gather = 0;
            SET LOCAL plan_cache_mode = force_custom_plan;
            SELECT pg_try_advisory_xact_lock({LockKey})
            """).ReadValue(cancellationToken))!;
    }

    private static Task<(DateTimeOffset At, long Accounts, long Journals, long Postings)> Count(
        NpgsqlConnection connection, CancellationToken cancellationToken) => Command(
        connection,
        """
        SELECT clock_timestamp(), (SELECT count(*) FROM ledger.accounts), (SELECT count(*) FROM ledger.journals),
            (SELECT count(*) FROM ledger.postings)
        """).ReadFirst(
        row => (row.GetFieldValue<DateTimeOffset>(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), cancellationToken);

    private static async Task CheckPostings(
        NpgsqlConnection connection, Dictionary<string, WrongRowDto> wrong, Action<long> progress, CancellationToken cancellationToken)
    {
        var (after, done) = ((Account: Guid.Empty, Version: 0L), 0L);
        (Guid Account, long Version) last = (Guid.AllBitsSet, long.MaxValue);
        for (var more = true; more;)
        {
            progress(done);
            var end = await PartEnd(connection, after, cancellationToken);
            more = end is not null;
            var upTo = end ?? last;
            await using var command = Command(
                connection, LedgerChecks.PostingsSql, after.Account, after.Version, upTo.Account, upTo.Version);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
                wrong.TryAdd(reader.GetString(0), new WrongRowDto(LedgerChecks.PostingsTable, reader.GetString(1), reader.GetString(2)));
            (after, done) = (upTo, done + PartSize);
        }
    }

    private static async Task<(long Blocks, IReadOnlyDictionary<string, WrongRowDto> Wrong)> CheckChain(
        NpgsqlConnection connection, Action<long> progress, CancellationToken cancellationToken)
    {
        // Ranges of pages and look-ups by key, whatever the planner believes of the size of the tables.
        await Command(connection, "SET LOCAL enable_seqscan = off").Execute(cancellationToken);
        var found = await new ChainVerification(connection, progress).Run(cancellationToken);
        await Command(connection, "SET LOCAL enable_seqscan = on").Execute(cancellationToken);
        return found;
    }

    private static Task<(Guid Account, long Version)?> PartEnd(
        NpgsqlConnection connection, (Guid Account, long Version) after, CancellationToken cancellationToken) =>
        Command(connection, LedgerChecks.PartEndSql, after.Account, after.Version, (long)PartSize - 1)
            .ReadFirst<(Guid, long)?>(row => (row.GetGuid(0), row.GetInt64(1)), cancellationToken);

    private static Task<WrongRowDto?> FirstWrong(NpgsqlConnection connection, LedgerCheck check, CancellationToken cancellationToken) =>
        Command(connection, check.Sql)
            .ReadFirst(row => new WrongRowDto(check.Table, row.GetString(0), row.GetString(1)), cancellationToken);

    // The caller's token limits the whole verification; a limit for one statement would depend on the size of the ledger.
    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object?[] values) =>
        new NpgsqlCommand(sql, connection) { CommandTimeout = 0 }.With(values);
}
