using System.Globalization;
using System.Security.Cryptography;
using Npgsql;
using Portico.Bench.Load;
using Portico.Domain.Users;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Bench.Ledger;

/// <summary>What the hash chain costs a transfer: transfers over HTTP that nothing seals, and then the sealing of all of them.</summary>
/// <remarks>
/// Both costs are processor time of the same transfers in one run, so the noise of a shared machine hardly moves their ratio. This process
/// seals, with the code of the web API.
/// </remarks>
internal static class LedgerSealing
{
    private const int Wallets = 10_000;

    // Processor time is told in steps of 10 ms.
    private const int MinJournals = 20_000;

    public static async Task RunAsync(LoadOptions options, LoadReport report, CancellationToken cancellationToken)
    {
        await using var stack = await LoadStack.StartAsync(options, cancellationToken);
        await using var database = NpgsqlDataSource.Create(stack.Superuser);
        var people = await stack.AddPeopleAsync(options.Connections, Role.User, cancellationToken);
        var wallets = await LoadWallets.OpenAsync(database, people, Wallets, cancellationToken);
        var sealer = new BlockSealer(
            new ChainKeys(new KeySealing(
                new TokenSettings { SealingKey = Convert.ToBase64String(RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes)) })),
            new HashChainSettings(),
            new CommittedJournals(new HashChainSettings()));
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await SealAllAsync(sealer, connection, stack, cancellationToken);

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

        // The code is compiled for good in the first half.
        var blocks = await SealAllAsync(sealer, connection, stack, cancellationToken);
        var (begin, end) = (blocks[blocks.Count / 2], blocks[^1]);
        var journals = blocks.Skip((blocks.Count / 2) + 1).Sum(block => block.Journals);
        if (journals < MinJournals)
            throw new LoadException($"Only {journals} transfers were measured, of {MinJournals} at least: load for longer.");
        var seal = (end.Own - begin.Own).TotalMicroseconds / journals;
        var write = (end.Postgres - begin.Postgres).TotalMicroseconds / journals;
        report.AddSection(
            "Sealing",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                {journals} journals: {seal:0.0} µs each in the process that seals, {write:0.0} µs in PostgreSQL.
                That is {(seal + write) / transfer:0.0%} of the {transfer:0.0} µs that one of these transfers took in all processes.
                """),
            new { journals, processMicroseconds = seal, postgresMicroseconds = write, transferMicroseconds = transfer });
    }

    /// <returns>The journals of each block, and the processor time of this process and of PostgreSQL so far.</returns>
    private static async Task<List<(int Journals, TimeSpan Own, TimeSpan Postgres)>> SealAllAsync(
        BlockSealer sealer, NpgsqlConnection connection, LoadStack stack, CancellationToken cancellationToken)
    {
        List<(int Journals, TimeSpan Own, TimeSpan Postgres)> blocks = [];
        for (var hasMore = true; hasMore;)
        {
            var block = await sealer.Seal(connection, cancellationToken);
            blocks.Add((block.Journals, ProcessorTime.OfGenerator(), stack.PostgresProcessor()));
            hasMore = block.HasMore;
        }

        return blocks;
    }
}
