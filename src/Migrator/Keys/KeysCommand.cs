using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SecondFactors;
using Portico.Infrastructure.SigningKeys;
using Portico.Migrator.Commands;
using Spectre.Console;

namespace Portico.Migrator.Keys;

/// <summary><c>keys</c>: shows and changes the signing keys; the servers follow within 1 to 2 seconds.</summary>
internal static class KeysCommand
{
    // An emergency raises the token version of every user.
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromMinutes(10);

    public static Command Create(CommandHost host)
    {
        var connectTimeout = Durations.ConnectTimeout();
        connectTimeout.Recursive = true;
        var id = new Argument<string>("id") { Description = "The id of the key (kid), as list shows it." };
        var emergency = new Option<bool>("--emergency")
        {
            Description =
                "The key was stolen: drop it in any state, sign with another key at once, and revoke all access tokens.",
        };

        return new Command("keys", "Show and change the keys that sign access tokens. The servers follow within 1 to 2 seconds.")
        {
            connectTimeout,
            host.Create(
                "list", "Show the keys.", [],
                (run, stop) => RunAsync(run, connection => ListAsync(connection, run.Report, stop), stop)),
            host.Create(
                "rotate", "Make the next key the current one now, before its time.", [],
                (run, stop) => ChangeAsync(run, store => store.Rotate(stop), stop)),
            host.Create(
                "drop", "Delete a key: the next one, or any key with --emergency.", [id, emergency],
                (run, stop) => ChangeAsync(
                    run, store => store.Drop(run.Arguments.GetRequiredValue(id), run.Arguments.GetValue(emergency), stop), stop)),
            host.Create(
                "reseal", "Encrypt all keys and secrets with Tokens:SealingKey; Tokens:OtherSealingKey decrypts the others.", [],
                (run, stop) => RunAsync(run, connection => ResealAsync(connection, run.Settings.Sealing, run.Report, stop), stop)),
        };
    }

    private static Task<ExitCode> ChangeAsync(
        CommandRun run, Func<SigningKeyStore, Task<IReadOnlyList<SigningKeyChange>>> change, CancellationToken cancellationToken)
    {
        var sealing = run.Settings.Sealing;
        return RunAsync(
            run,
            async connection =>
            {
                await using var db = AuditedContext.Create(connection);
                var changes = await change(StoreOf(db, connection, sealing));
                run.Report.Set("changes", changes.Select(one => new { one.Step, one.Key.Id, one.Key.Algorithm }));
                foreach (var (step, key) in changes)
                    run.Report.Line($"{step} {key.Id} ({key.Algorithm}).");
            },
            cancellationToken);
    }

    private static async Task<ExitCode> RunAsync(
        CommandRun run, Func<NpgsqlConnection, Task> action, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await DatabaseServer.OpenAsync(
                run.Settings.Keys, run.ConnectTimeout, run.Report, cancellationToken, CommandTimeout);
            await action(connection);
            return ExitCode.Ok;
        }
        catch (Exception refusal) when (refusal is SigningKeyException or SealedKeyException)
        {
            throw new MigratorException(refusal.Message, refusal);
        }
        catch (PostgresException missing) when (
            missing.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            throw new MigratorException("The database is not migrated: run `up` first.", missing);
        }
        catch (DbUpdateException failure) when (failure.InnerException is { } cause && DatabaseServer.IsFailure(cause))
        {
            throw new MigratorException($"PostgreSQL failed: {DatabaseServer.Describe(cause)}", failure);
        }
    }

    private static async Task ListAsync(NpgsqlConnection connection, CommandReport report, CancellationToken cancellationToken)
    {
        var keys = await SigningKey.ReadAll(sql => new NpgsqlCommand(sql, connection), cancellationToken);
        report.Set(
            "keys",
            keys.Select(key => new { key.Id, key.Algorithm, key.State, key.PublishedAt, key.ReadyAt, key.SignsSince, key.PublishedUntil }));
        var table = new Table()
            .Border(TableBorder.Simple)
            .AddColumns("Key", "Algorithm", "State", "Published since (UTC)", "Signs from", "Signs since", "Published until");
        foreach (var key in keys)
            table.AddRow(
                key.Id,
                key.Algorithm,
                $"{key.State}".ToLowerInvariant(),
                Time(key.PublishedAt),
                Time(key.ReadyAt),
                Time(key.SignsSince),
                Time(key.PublishedUntil));
        if (keys.Count == 0)
            report.Line("There are no keys yet: the web API makes them when it starts.");
        else
            report.Show(table);
    }

    private static async Task ResealAsync(
        NpgsqlConnection connection, KeySealing sealing, CommandReport report, CancellationToken cancellationToken)
    {
        await using var db = AuditedContext.Create(connection);
        var resealed = await StoreOf(db, connection, sealing).Reseal(cancellationToken);
        var secrets = await db.ResealSecrets(sealing, cancellationToken);
        report.Set("resealed", resealed);
        var chainKeys = await new ChainKeys(sealing).Reseal(connection, cancellationToken) ? 1 : 0;
        report.Set("resealedSecrets", secrets);
        report.Set("resealedChainKeys", chainKeys);
        report.Line($"Resealed: {resealed}. Secrets of authenticator apps: {secrets}. Keys of the hash chain: {chainKeys}.");
    }

    private static SigningKeyStore StoreOf(AppDbContext db, NpgsqlConnection connection, KeySealing sealing) =>
        new(db, sealing, AuditedContext.AuditLog(db, connection));

    private static string Time(DateTimeOffset? time) => $"{time?.UtcDateTime:yyyy-MM-dd HH:mm:ss}";
}
