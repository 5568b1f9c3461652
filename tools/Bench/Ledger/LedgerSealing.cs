using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Users;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Bench.Ledger;

/// <summary>What the hash chain costs a transfer: transfers over HTTP that nothing seals, and then the sealing of all of them.</summary>
/// <remarks>
/// Both costs are processor time of the same transfers in one run, so the noise of a shared machine hardly moves their ratio. This process
/// seals, with the code of the web API: every second block as a process that has committed the journals itself, the others as one that
/// reads what another process has committed.
/// </remarks>
internal static class LedgerSealing
{
    private const int Wallets = 10_000;

    // Processor time is told in steps of 10 ms.
    private const int MinJournals = 20_000;

    // In these pauses the runtime compiles what the blocks before them have made hot: a server does it once, in its first minute.
    private const int BlocksBetweenPauses = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        var people = await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken);
        var wallets = await LoadWallets.OpenAsync(database, people, Wallets, cancellationToken);
        var committed = new CommittedJournals(new HashChainSettings());
        var sealer = new BlockSealer(
            new ChainKeys(new KeySealing(
                new TokenSettings { SealingKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes)) })),
            new HashChainSettings(),
            committed);
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await SealAllAsync(sealer, connection, stack, committed: null, cancellationToken);

        double transfer;
        await using (var api = await stack.StartApiAsync(
            [new("Events__Consume", "false"), new("HashChain__SealInterval", "00:00:00")], cancellationToken))
        {
            var tokens = await LoadStack.SignInAsync(api, people, cancellationToken);
            Guid[] all = [.. wallets.SelectMany(own => own)];
            var rounds = await stack.MeasureAsync(
                report, "transfers that are not sealed", api,
                [.. tokens.Select((one, n) => new TransferClient(one.AccessToken, wallets[n], all, Spread.Uniform, 1, n))], options,
                cancellationToken);
            report.AddTable("HTTP");
            transfer = rounds.Median(round => LoadStack.Parts.Sum(part => round.ProcessorPerRequest(part) * 1000));
        }

        var blocks = await SealAllAsync(sealer, connection, stack, committed, cancellationToken);
        foreach (var (name, isKnown) in (ReadOnlySpan<(string, bool)>)[("that the process has committed", true), ("that it reads", false)])
        {
            var measured = blocks.Where(block => !block.IsWarmUp && block.IsKnown == isKnown && block.Journals > 0).ToArray();
            var journals = measured.Sum(block => block.Journals);
            if (journals < MinJournals)
                throw new LoadException($"Only {journals} journals were measured, of {MinJournals} at least: load for longer.");
            var seal = measured.Sum(block => block.Own.TotalMicroseconds) / journals;
            var write = measured.Sum(block => block.Postgres.TotalMicroseconds) / journals;
            report.AddSection(
                $"Sealing journals {name}",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"""
                    {journals} journals: {seal:0.0} µs each in the process that seals, {write:0.0} µs in PostgreSQL.
                    That is {(seal + write) / transfer:0.0%} of the {transfer:0.0} µs that one of these transfers took in all processes.
                    """),
                new { journals, processMicroseconds = seal, postgresMicroseconds = write, transferMicroseconds = transfer });
        }
    }

    /// <param name="committed">What the sealer need not read: the journals of every second block; null for none.</param>
    /// <returns>Each block, and the processor time of this process and of PostgreSQL for it; the first half is warm-up.</returns>
    private static async Task<List<SealedPart>> SealAllAsync(
        BlockSealer sealer, NpgsqlConnection connection, LoadStack stack, CommittedJournals? committed, CancellationToken cancellationToken)
    {
        var all = await new NpgsqlCommand(
            "SELECT (SELECT count(*) FROM ledger.journals) - (SELECT count(*) FROM ledger.block_journals)", connection)
            .ReadFirst(row => row.GetInt64(0), cancellationToken);
        var warmUp = all / 2;
        List<SealedPart> blocks = [];
        for (var hasMore = true; hasMore;)
        {
            var isWarmUp = warmUp > 0;
            if (isWarmUp && blocks.Count % BlocksBetweenPauses == BlocksBetweenPauses - 1)
                await Task.Delay(Pause, cancellationToken);
            var isKnown = committed is not null && blocks.Count % 2 == 0;
            var (journals, postings) = isKnown ? await ReadNextAsync(connection, cancellationToken) : ([], []);
            var (own, postgres) = (ProcessorTime.OfGenerator(), stack.PostgresProcessor());
            committed?.Add(journals, postings);
            var block = await sealer.Seal(connection, cancellationToken);
            blocks.Add(new SealedPart(
                block.Journals, isWarmUp, isKnown, ProcessorTime.OfGenerator() - own, stack.PostgresProcessor() - postgres));
            warmUp -= block.Journals;
            hasMore = block.HasMore;
        }

        return blocks;
    }

    /// <summary>What is sealed next, for the sealer to know it, as the ledger of the same process would tell it.</summary>
    private static async Task<(IReadOnlyList<Journal> Journals, IReadOnlyList<Posting> Postings)> ReadNextAsync(
        NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var journals = await new NpgsqlCommand(
            $"""
            SELECT {LedgerRows.JournalColumns} FROM ledger.journals j
            WHERE NOT EXISTS (SELECT FROM ledger.block_journals WHERE journal_id = j.id) ORDER BY j.transaction_id, j.id LIMIT $1
            """,
            connection).With(new HashChainSettings().MaxBlock).ReadAll(LedgerRows.Journal, cancellationToken);
        var currencies = journals.ToDictionary(journal => journal.Id, journal => journal.Amount.Currency);
        var postings = await new NpgsqlCommand(
            """
            SELECT account_id, account_version, journal_id, amount, posted_after, held_after, recorded_at
            FROM ledger.postings WHERE journal_id = ANY($1)
            """,
            connection).With(currencies.Keys.ToArray()).ReadAll(
            row =>
            {
                var journal = row.GetGuid(2);
                Money Amount(int column) => Money.OfMinorUnits(row.GetDecimal(column), currencies[journal]);
                return new Posting(
                    row.GetGuid(0), row.GetInt64(1), journal, Amount(3), Amount(4), Amount(5), row.GetFieldValue<DateTimeOffset>(6));
            },
            cancellationToken);
        var places = journals.Select((journal, n) => (journal.Id, n)).ToDictionary();
        return (journals, [.. postings.OrderBy(posting => places[posting.JournalId])]);
    }

    private readonly record struct SealedPart(int Journals, bool IsWarmUp, bool IsKnown, TimeSpan Own, TimeSpan Postgres);
}
