using System.Buffers.Binary;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Exchange;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>Gives the demo users wallets with one year of salaries, rents and lunches, through the write path of the ledger.</summary>
/// <remarks>
/// A number and the seed define a transfer with its id, so an existing transfer is not made again. The transfers raise no events, because
/// they are history.
/// </remarks>
internal sealed class DemoMoney(
    AppDbContext db, ITransaction transaction, NpgsqlDataSource database, DatabaseSettings settings, TimeProvider clock)
{
    public const int MaxTransfers = 10_000_000;

    private const int PeopleAtOnce = 1_000;
    private const int TransfersAtOnce = 2_000;
    private const int MaxPeople = 10_000;
    private const decimal DemoSpread = 0.005m;
    private static readonly TimeSpan Span = TimeSpan.FromDays(365);

    // Name, currency, one wallet for every n-th user, and the value of one euro in the currency.
    private static readonly (string Name, Currency Currency, int Every, decimal PerEuro)[] DemoBalances =
    [
        ("Everyday", Currency.Of("EUR"), 1, 1m),
        ("Travel", Currency.Of("USD"), 2, 1.1m),
        ("London", Currency.Of("GBP"), 3, 0.85m),
        ("Tokyo", Currency.Of("JPY"), 5, 165m),
        ("Savings", Currency.Of("BTC"), 7, 0.00001m),
    ];

    private static readonly string[] Purchases =
        ["Groceries", "Lunch", "Coffee", "Books", "Concert tickets", "Taxi", "Birthday present", "Gym", "Train", "Pizza"];

    /// <returns>How many wallets and transfers were added.</returns>
    public async Task<(int Wallets, int Transfers)> Run(int transfers, int seed, CancellationToken cancellationToken)
    {
        if (transfers == 0)
            return (0, 0);

        var begin = await Begin(cancellationToken);
        await EnsureRates(cancellationToken);
        var (wallets, added) = await EnsureWallets(begin, cancellationToken);
        var made = 0;
        if (wallets.Count > 1)
            await DemoSeed.Progress(
                "transfers",
                transfers,
                async advance => made = await EnsureTransfers(wallets, transfers, seed, begin, advance, cancellationToken));
        return (added, made);
    }

    /// <summary>The time of the last posting, or one year ago, because postings must be in the order of time.</summary>
    private async Task<DateTimeOffset> Begin(CancellationToken cancellationToken)
    {
        await using var last = database.CreateCommand("SELECT max(recorded_at) FROM ledger.accounts WHERE version > 0");
        if (await last.ExecuteScalarAsync(cancellationToken) is DateTime recorded)
            return new DateTimeOffset(recorded, TimeSpan.Zero);

        var begin = clock.GetUtcNow() - Span;
        await using var earlier = database.CreateCommand(
            "UPDATE ledger.accounts SET recorded_at = $1 WHERE version = 0 AND recorded_at > $1")
            .With(begin);
        await earlier.ExecuteNonQueryAsync(cancellationToken);
        return begin;
    }

    /// <summary>Sets the rates of the demo currencies for a year, so that people can exchange; a rate that there is stays.</summary>
    private async Task EnsureRates(CancellationToken cancellationToken)
    {
        var (euro, now) = (Currency.Of("EUR"), clock.GetUtcNow());
        var known = await db.Set<ExchangeRate>().AsNoTracking().ToListAsync(cancellationToken);
        var missing = DemoBalances.Where(one => one.Currency != euro && !known.Exists(rate =>
            (rate.Base == euro && rate.Quote == one.Currency) || (rate.Base == one.Currency && rate.Quote == euro))).ToArray();
        if (missing.Length == 0)
            return;

        await transaction.Run<Result<Unit>>(
            async token =>
            {
                foreach (var (_, currency, _, perEuro) in missing)
                {
                    var rate = ExchangeRate.Create(euro, currency, now);
                    rate.Set(perEuro, DemoSpread, now + Span);
                    db.Set<ExchangeRate>().Add(rate);
                }

                await db.SaveQuietly(token);
                return Unit.Value;
            },
            cancellationToken);
    }

    private async Task<(List<DemoWallet> Wallets, int Added)> EnsureWallets(DateTimeOffset begin, CancellationToken cancellationToken)
    {
        // The deleted ones keep their numbers, so that the others keep their wallets.
        var people = await db.Users.AsNoTracking()
            .WithDeleted()
            .Where(u => u.Email!.EndsWith(DemoSeed.Domain))
            .OrderBy(u => u.Email)
            .Select(u => new { u.Id, IsDeleted = u.DeletedAt != null })
            .Take(MaxPeople)
            .ToListAsync(cancellationToken);
        var (wallets, added) = (new List<DemoWallet>(), 0);
        var owning = people.Select((person, number) => (person.Id, person.IsDeleted, Number: number)).Where(person => !person.IsDeleted);
        foreach (var batch in owning.Chunk(PeopleAtOnce))
        {
            var owners = batch.Select(person => person.Id).ToArray();
            var open = await db.Wallets.AsNoTracking()
                .OfEveryOwner()
                .Where(w => owners.Contains(w.OwnerId) && w.Status == WalletStatus.Open)
                .OrderBy(w => w.Id)
                .ToListAsync(cancellationToken);
            // A user may have opened another wallet of the same name.
            var present = open.GroupBy(w => (w.OwnerId, w.Name, w.Currency)).ToDictionary(same => same.Key, same => same.First().Id);
            List<Wallet> missing = [];
            var purses =
                from person in batch
                from purse in DemoBalances
                where person.Number % purse.Every == 0
                select (person.Id, purse);
            foreach (var (owner, purse) in purses)
            {
                if (!present.TryGetValue((owner, purse.Name, purse.Currency), out var id))
                {
                    missing.Add(Wallet.Open(owner, purse.Name, purse.Currency, begin));
                    id = missing[^1].Id;
                }

                wallets.Add(new DemoWallet(id, owner, purse.Currency, purse.PerEuro));
            }

            await Open(missing, begin, cancellationToken);
            added += missing.Count;
        }

        return (wallets, added);
    }

    /// <summary>Adds wallets with their accounts in the ledger.</summary>
    public async Task Open(List<Wallet> wallets, DateTimeOffset begin, CancellationToken cancellationToken)
    {
        if (wallets.Count == 0)
            return;

        await transaction.Run<Result<Unit>>(
            async token =>
            {
                db.Wallets.AddRange(wallets);
                await db.SaveQuietly(token);
                await using var accounts = AccountRows.Insert(
                    [.. wallets.Select(w => Account.OfWallet(w.Id, w.OwnerId, w.Currency, begin))]);
                accounts.Connection = (NpgsqlConnection)db.Database.GetDbConnection();
                await accounts.ExecuteNonQueryAsync(token);
                await using var opened = db.CreateCommand("UPDATE wallets SET created_at = $1 WHERE id = ANY($2)")
                    .With(begin, wallets.Select(w => w.Id).ToArray());
                await opened.ExecuteNonQueryAsync(token);
                return Unit.Value;
            },
            cancellationToken);
        db.ChangeTracker.Clear();
    }

    private async Task<int> EnsureTransfers(
        List<DemoWallet> wallets, int transfers, int seed, DateTimeOffset begin, Action<int> advance, CancellationToken cancellationToken)
    {
        var groups = wallets.GroupBy(wallet => wallet.Currency).Select(group => group.ToArray()).Where(group => group.Length > 1).ToArray();
        var balances = new Dictionary<Guid, Money>();
        await using var source = settings.CreateLedgerDataSource(2);
        await using var first = await LedgerWorker.Open(source, database, cancellationToken);
        await using var second = await LedgerWorker.Open(source, database, cancellationToken);
        var (made, now, writing) = (0, clock.GetUtcNow(), Task.FromResult(0));
        for (var number = 0; number < transfers; number += TransfersAtOnce)
        {
            // Existing transfers are computed too, because later balances depend on them. This runs while the previous batch is written.
            var batch = Enumerable.Range(number, Math.Min(TransfersAtOnce, transfers - number))
                .Select(number => Make(groups, balances, seed, number, begin + ((now - begin) * ((double)number / transfers))))
                .ToLookup(movement => movement.Legs[0].Amount.Currency == groups[0][0].Currency);
            made += await writing;
            cancellationToken.ThrowIfCancellationRequested();
            // No account has two currencies, so the currencies do not block each other.
            writing = Task.Run(
                async () =>
                    (
                        await Task.WhenAll(
                            first.Write([.. batch[true]], cancellationToken), second.Write([.. batch[false]], cancellationToken)))
                        .Sum(),
                CancellationToken.None);
            advance(Math.Min(TransfersAtOnce, transfers - number));
        }

        return made + await writing;
    }

    private static Movement Make(DemoWallet[][] groups, Dictionary<Guid, Money> balances, int seed, int number, DateTimeOffset at)
    {
        var random = new RandomChoices(seed, number);
        // Most users pay in the first currency.
        var group = groups[Math.Max(0, random.Below(groups.Length * 2) - groups.Length)];
        var payer = random.Below(group.Length);
        var (wallet, other) = (group[payer], group[(payer + 1 + random.Below(group.Length - 1)) % group.Length]);
        var balance = balances.GetValueOrDefault(wallet.Id, Money.Zero(wallet.Currency));

        var isRent = random.Below(25) == 0;
        var amount = wallet.Amount(isRent ? 400 + random.Below(900) : 2 + random.Below(60), random.Below(100));
        var id = random.Id(number);
        if (balance < amount)
        {
            var salary = wallet.Amount(1_800 + (100 * random.Below(25)), 0);
            balances[wallet.Id] = balance + salary;
            return Movement.Deposit(id, null, wallet.Id, salary, "Salary") with { At = at };
        }

        balances[wallet.Id] = balance - amount;
        if (random.Below(40) == 0)
            return Movement.Withdrawal(id, null, wallet.Id, amount, "Cash machine") with { At = at };

        balances[other.Id] = balances.GetValueOrDefault(other.Id, Money.Zero(other.Currency)) + amount;
        var what = isRent ? "Rent" : Purchases[random.Below(Purchases.Length)];
        return Movement.Transfer(id, wallet.OwnerId, [new Leg(id, wallet.Id, other.Id, amount, what)]) with { At = at };
    }

    /// <summary>Writes missing transfers in the order of their numbers.</summary>
    private sealed class LedgerWorker(LedgerSession session, NpgsqlDataSource database) : IAsyncDisposable
    {
        private bool _mayBeThere = true;

        public static async Task<LedgerWorker> Open(
            NpgsqlDataSource ledger, NpgsqlDataSource database, CancellationToken cancellationToken) =>
            new(await LedgerSession.Open(ledger, cancellationToken, withEvents: false), database);

        /// <returns>The number of new transfers.</returns>
        public async Task<int> Write(Movement[] batch, CancellationToken cancellationToken)
        {
            if (batch.Length == 0)
                return 0;

            // They are made in order: after a batch without existing transfers no existing one follows.
            var present = _mayBeThere ? await Present([.. batch.Select(movement => movement.Id)], cancellationToken) : [];
            _mayBeThere = present.Count > 0;
            var missing = batch.Where(movement => !present.Contains(movement.Id)).ToArray();
            if (missing.Length == 0)
                return 0;

            var results = await session.Execute(missing);
            if (results.FirstOrDefault(result => result.Error is not null)?.Error is { Code: "not_found" })
                throw new SeederException("The system accounts are missing: run `reference` first.");
            return results.Count(result => result.Error is null);
        }

        public ValueTask DisposeAsync() => session.DisposeAsync();

        private async Task<HashSet<Guid>> Present(Guid[] ids, CancellationToken cancellationToken)
        {
            await using var command = database.CreateCommand(
                "SELECT coalesce(array_agg(id), '{}') FROM ledger.journals WHERE id = ANY($1)")
                .With(ids);
            return [.. (Guid[])(await command.ExecuteScalarAsync(cancellationToken))!];
        }
    }

    private sealed record DemoWallet(Guid Id, Guid OwnerId, Currency Currency, decimal PerEuro)
    {
        public Money Amount(int euros, int cents)
        {
            var exact = (euros + (cents / 100m)) * PerEuro;
            return Money.Of(decimal.Round(exact, Currency.Decimals, MidpointRounding.ToPositiveInfinity), Currency);
        }
    }

    /// <summary>Random numbers that depend only on the seed and the number (SplitMix64).</summary>
    private sealed class RandomChoices(int seed, int number)
    {
        // Ids sort by their number, as real ids sort by time.
        private const long FirstMillisecond = 1_700_000_000_000;

        private ulong _state = ((ulong)(uint)seed << 32) | (uint)number;

        public int Below(int limit) => (int)(Next() % (ulong)limit);

        public Guid Id(int of)
        {
            Span<byte> bytes = stackalloc byte[16];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)(FirstMillisecond + of) << 16) | 0x7000 | (Next() & 0xfff));
            BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (Next() >> 2) | (1UL << 63));
            return new Guid(bytes, bigEndian: true);
        }

        private ulong Next()
        {
            var z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
