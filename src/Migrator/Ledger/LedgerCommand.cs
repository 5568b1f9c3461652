using System.CommandLine;
using Npgsql;
using Portico.Application.Ledger;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres.Migrations;
using Portico.Migrator.Commands;
using Spectre.Console;

namespace Portico.Migrator.Ledger;

/// <summary><c>ledger verify</c>: recomputes the ledger from its rows and reports the first wrong row of each check.</summary>
/// <remarks>It only reads, so it can run beside the application, and in CI after a restore.</remarks>
internal static class LedgerCommand
{
    public static Command Create(CommandHost host)
    {
        var timeout = Durations.Option("--timeout", TimeSpan.FromMinutes(30), "How long the verification may take.");
        var heads = new Option<FileInfo?>("--heads")
        {
            Description = "Heads that were kept elsewhere, as GET /ledger/heads answers them: the chain must have these blocks.",
            HelpName = "FILE",
        };
        var verify = host.Create(
            "verify", "Recompute the ledger from its rows. Exits with 5 when a row is wrong, with 1 when the database can't be read.",
            [timeout, Durations.ConnectTimeout(), heads],
            (run, token) => RunAsync(run, run.Arguments.GetValue(timeout), run.Arguments.GetValue(heads), token));
        return new Command("ledger", "Verify the money ledger and its receipts.")
        {
            verify,
            ReceiptCommand.Create(host),
            ChainKeyCommand.Create(host),
        };
    }

    private static async Task<ExitCode> RunAsync(
        CommandRun run, TimeSpan timeout, FileInfo? headsFile, CancellationToken cancellationToken)
    {
        var kept = headsFile is null ? null : await ReadHeadsAsync(headsFile, cancellationToken);
        var target = run.Settings.Reader;
        run.Report.Set("database", target.Database);
        await using var connection = await run.OpenAsync(target, cancellationToken);
        var state = await SchemaStatus.ReadAsync(connection, run.Catalog, cancellationToken);
        if (state.Pending.Count > 0)
            throw new MigratorException(ExitCode.Pending, state.DescribePending(target.Database));

        var found = await VerifyAsync(run.Report, connection, timeout, cancellationToken);
        if (kept is not null)
            found = With(found, await KeptHeads.Compare(connection, kept, cancellationToken));
        Show(run.Report, found);
        var wrong = found.Checks.Where(check => !check.Clean).ToArray();
        return wrong.Length == 0
            ? ExitCode.Ok
            : throw new MigratorException(
                ExitCode.LedgerWrong, $"The ledger contradicts itself: {string.Join(", ", wrong.Select(check => check.Name))}.");
    }

    private static async Task<IReadOnlyList<HeadDto>> ReadHeadsAsync(FileInfo file, CancellationToken cancellationToken)
    {
        var heads = await JsonFile.ReadHeadsAsync(file, cancellationToken);
        if (heads.Count == 0)
            throw new MigratorException($"{file.Name} has no head.");
        return heads.FirstOrDefault(head => ReceiptVerification.Check(head) is not null) is { } wrong
            ? throw new MigratorException($"The head of height {wrong.Height} in {file.Name} is not signed by its key.")
            : heads;
    }

    private static LedgerVerificationDto With(LedgerVerificationDto found, LedgerCheckDto check) =>
        found with { Clean = found.Clean && check.Clean, Checks = [.. found.Checks, check] };

    private static async Task<LedgerVerificationDto> VerifyAsync(
        CommandReport report, NpgsqlConnection connection, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            var verified = await report.WithProgress(
                progress => LedgerVerification.VerifyAsync(connection, at => progress(at.Check, at.Done, at.Total), deadline.Token));
            return verified.Error is { } running ? throw new MigratorException(ExitCode.LockTimeout, running.Message) : verified.Value;
        }
        catch (OperationCanceledException late) when (!cancellationToken.IsCancellationRequested)
        {
            throw new MigratorException($"Not verified within {Durations.Describe(timeout)}. Set a longer --timeout.", late);
        }
    }

    private static void Show(CommandReport report, LedgerVerificationDto found)
    {
        report.Set("ledger", found);
        var table = new Table().Border(TableBorder.Simple).AddColumns("Check", "State", "First wrong row", "Problem");
        foreach (var check in found.Checks)
        {
            table.AddRow(
                Markup.Escape(check.Name), check.Clean ? "[green]clean[/]" : "[red]wrong[/]",
                Markup.Escape(check.FirstWrong is { } row ? $"{row.Table} {row.Row}" : ""), Markup.Escape(check.FirstWrong?.Problem ?? ""));
        }

        report.Show(table);
        report.Line(
            $"{found.Accounts} accounts, {found.Journals} journals, {found.Postings} postings and {found.Blocks} blocks verified in "
            + $"{found.DurationMs} ms.");
    }
}
