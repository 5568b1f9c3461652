using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;
using Portico.Bench.Load;
using Portico.Infrastructure.Postgres;

namespace Portico.Bench.Ledger;

/// <summary>A wallet, and an access token of its owner.</summary>
internal sealed record ShardWallet(Guid Id, string Token);

/// <summary>A Portico with a database of its own.</summary>
/// <param name="Api">Its web API.</param>
/// <param name="Database">Its PostgreSQL, with <see cref="ShardTransfers.Table"/>.</param>
/// <param name="Clearing">The wallet in which the money of other shards waits.</param>
/// <param name="Wallets">Those that send and receive.</param>
internal sealed record Shard(Uri Api, string Database, ShardWallet Clearing, IReadOnlyList<ShardWallet> Wallets);

/// <summary>Transfers between two shards in both directions, as docs/scaling.md describes them.</summary>
/// <remarks>
/// A transfer is a row in the shard of the sender, and three requests under keys that derive from the id of the row: a hold, a transfer
/// from the other shard's clearing wallet to the receiver, and the capture of the hold. A row that a process left is continued by repeating
/// its requests from the first one.
/// </remarks>
internal sealed class ShardTransfers : IAsyncDisposable
{
    /// <summary>The argument with which this program makes transfers until it is killed; the next one is the file of the shards.</summary>
    public const string Mode = "shard-transfers";

    public const string CountOpen = $"SELECT count(*) FROM shard_transfers WHERE {IsOpen}";

    public const string Table =
        $"""
        CREATE TABLE shard_transfers (
            id          uuid PRIMARY KEY,
            from_wallet uuid NOT NULL,
            to_wallet   uuid NOT NULL,
            state       text NOT NULL CHECK (state IN ('begun', 'refused', 'undone', 'done'))
        );
        CREATE INDEX shard_transfers_open_idx ON shard_transfers (id) WHERE {IsOpen}
        """;

    private const string IsOpen = "state IN ('begun', 'refused')";
    private const int Workers = 32;
    private const int StrangerEvery = 50;
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(50);
    private static readonly object Amount = new { amount = "0.01", currency = "EUR" };

    private readonly HttpClient _http = new();
    private readonly Side[] _sides;

    public ShardTransfers(IReadOnlyList<Shard> shards) => _sides = [.. shards.Select(shard => new Side(shard))];

    /// <summary>Runs as a process of its own.</summary>
    public static async Task<int> RunAsync(string file, CancellationToken cancellationToken)
    {
        await using var transfers = new ShardTransfers(
            JsonSerializer.Deserialize<Shard[]>(await File.ReadAllTextAsync(file, cancellationToken))!);
        await transfers.ContinueAsync(cancellationToken);
        await transfers.LoadAsync(Workers, Timeout.InfiniteTimeSpan, cancellationToken);
        return 0;
    }

    /// <summary>Completes what an earlier process left.</summary>
    public async Task ContinueAsync(CancellationToken cancellationToken)
    {
        foreach (var (from, to) in Directions())
        {
            var rows = await from.Database
                .CreateCommand($"SELECT id, from_wallet, to_wallet, state FROM shard_transfers WHERE {IsOpen}")
                .ReadAll(row => new Row(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetString(3) == "refused"), cancellationToken);
            await Parallel.ForEachAsync(
                rows, cancellationToken, async (row, token) => await CompleteAsync(from, to, row, token));
        }
    }

    /// <summary>Makes transfers, the next one of each worker when the one before is complete.</summary>
    /// <returns>How long each one took.</returns>
    public async Task<LatencyHistogram> LoadAsync(int workers, TimeSpan duration, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var found = await Task.WhenAll(Enumerable.Range(0, workers).Select(async worker =>
        {
            var latency = new LatencyHistogram();
            var (from, to) = Directions()[worker % _sides.Length];
            while (duration == Timeout.InfiniteTimeSpan || Stopwatch.GetElapsedTime(started) < duration)
            {
                var began = Stopwatch.GetTimestamp();
                // Now and then the receiver does not exist, and the hold must be voided.
                var receiver = Random.Shared.Next(StrangerEvery) == 0 ? Guid.CreateVersion7() : to.AnyWallet();
                var row = new Row(Guid.CreateVersion7(), from.AnyWallet(), receiver, IsRefused: false);
                await ExecuteAsync(
                    from, "INSERT INTO shard_transfers VALUES ($1, $2, $3, 'begun')", [row.Id, row.From, row.To], cancellationToken);
                await CompleteAsync(from, to, row, cancellationToken);
                latency.Add(Stopwatch.GetTimestamp() - began);
            }

            return latency;
        }));
        var all = new LatencyHistogram();
        foreach (var latency in found)
            all.Add(latency);
        return all;
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        foreach (var side in _sides)
            await side.Database.DisposeAsync();
    }

    private (Side From, Side To)[] Directions() => [(_sides[0], _sides[1]), (_sides[1], _sides[0])];

    private async Task CompleteAsync(Side from, Side to, Row row, CancellationToken cancellationToken)
    {
        var token = from.TokenOf(row.From);
        var hold = await SendAsync(
            from, "holds", token, $"{row.Id}-hold", new { fromWalletId = row.From, toWalletId = from.Clearing.Id, amount = Amount },
            cancellationToken) ?? throw new LoadException($"The hold of {row.Id} was refused.");
        var isRefused = row.IsRefused || await SendAsync(
            to, "transfers", to.Clearing.Token, $"{row.Id}-pay",
            new { fromWalletId = to.Clearing.Id, toWalletId = row.To, amount = Amount }, cancellationToken) is null;
        // Stored before the hold is voided: from then on nothing may pay the receiver, whatever changed there.
        if (isRefused && !row.IsRefused)
            await ExecuteAsync(from, "UPDATE shard_transfers SET state = 'refused' WHERE id = $1", [row.Id], cancellationToken);
        var end = isRefused ? "void" : "capture";
        if (await SendAsync(from, $"holds/{hold}/{end}", token, $"{row.Id}-{end}", new { }, cancellationToken) is null)
            throw new LoadException($"The {end} of {row.Id} was refused.");
        await ExecuteAsync(
            from, "UPDATE shard_transfers SET state = $2 WHERE id = $1", [row.Id, isRefused ? "undone" : "done"], cancellationToken);
    }

    /// <summary>Asks until there is an answer.</summary>
    /// <returns>The id that it has; <c>null</c> for a refusal.</returns>
    private async Task<Guid?> SendAsync(
        Side side, string path, string token, string key, object body, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(side.Api, $"/api/v1/{path}"));
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                request.Headers.Add("Idempotency-Key", key);
                request.Content = JsonContent.Create(body);
                using var answer = await _http.SendAsync(request, cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetGuid();
                if (answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.UnprocessableEntity)
                    return null;
                if (answer.StatusCode < HttpStatusCode.InternalServerError)
                    throw new LoadException($"{path} answers {(int)answer.StatusCode}.");
            }
            catch (HttpRequestException)
            {
                // Asked again: the key says whether it was done.
            }

            await Task.Delay(RetryPause, cancellationToken);
        }
    }

    private static Task<int> ExecuteAsync(Side side, string sql, object[] values, CancellationToken cancellationToken) =>
        side.Database.CreateCommand(sql).With(values).Execute(cancellationToken);

    private sealed record Row(Guid Id, Guid From, Guid To, bool IsRefused);

    /// <summary>A shard with what this process needs to work with it.</summary>
    private sealed class Side(Shard shard)
    {
        private readonly Dictionary<Guid, string> _tokens = shard.Wallets.ToDictionary(wallet => wallet.Id, wallet => wallet.Token);

        public Uri Api => shard.Api;

        public ShardWallet Clearing => shard.Clearing;

        public NpgsqlDataSource Database { get; } = NpgsqlDataSource.Create(shard.Database);

        public Guid AnyWallet() => shard.Wallets[Random.Shared.Next(shard.Wallets.Count)].Id;

        public string TokenOf(Guid wallet) => _tokens[wallet];
    }
}
