using FsCheck;
using FsCheck.Fluent;
using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Exchange;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;
using Portico.Testing;

namespace Portico.IntegrationTests.Ledger;

/// <summary>A database of its own, in which histories follow each other in time.</summary>
public sealed class SessionLedger : IAsyncLifetime
{
    private DateTimeOffset _next = DateTimeOffset.UnixEpoch.AddYears(100);

    public string ConnectionString { get; private set; } = "";
    public NpgsqlDataSource Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        ConnectionString = (await TestDatabase.CreateAsync(await SharedStack.GetAsync())).Portico;
        Database = NpgsqlDataSource.Create(ConnectionString);
    }

    public async Task DisposeAsync() => await Database.DisposeAsync();

    /// <summary>A time after all that was recorded, and enough of it for a history.</summary>
    public DateTimeOffset NextTime() => _next = _next.AddHours(1);
}

public sealed class LedgerSessionTests(SessionLedger ledger) : IClassFixture<SessionLedger>, IAsyncLifetime
{
    private const int Wallets = 8;
    private static readonly Currency[] Currencies = [Currency.Of("EUR"), Currency.Of("ETH")];

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => LedgerChecker.CheckAsync(ledger.ConnectionString);

    /// <summary>The database and the pure function are given the same, in groups and at once, and must tell and keep the same.</summary>
    [Fact]
    public void Writes_what_the_domain_decides() => Prop.ForAll(Histories, Arb.From(Gen.ListOf(Gen.Choose(1, 7))), (steps, sizes) =>
        Task.Run(() => CompareAsync(steps, [.. sizes]))
            .GetAwaiter()
            .GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(25)
            .WithStartSize(20)
            .WithEndSize(60));

    [Fact]
    public async Task Groups_with_the_same_keys_in_another_order_wait_and_never_block_each_other_for_good()
    {
        const int Keys = 9;
        var (owner, now) = (Guid.CreateVersion7(), ledger.NextTime());
        var accounts = await OpenAsync(owner, now);
        await using var first = await LedgerSession.Open(ledger.Database, default);
        var deposits = accounts.Select(account =>
            Movement.Deposit(Guid.CreateVersion7(), null, account.Id, Money.OfMinorUnits(Keys, account.Currency), null) with { At = now });
        await first.Execute([.. deposits]);
        await using var second = await LedgerSession.Open(ledger.Database, default);

        // Somebody is about to use the key in the middle, so both groups are in the midst of theirs when they wait.
        await using var blocker = await ledger.Database.OpenConnectionAsync();
        await using (var transaction = await blocker.BeginTransactionAsync())
        {
            await using var use = new NpgsqlCommand("INSERT INTO ledger.idempotency VALUES ($1, $2, $3, '', now())", blocker)
            {
                Parameters = { new() { Value = owner }, new() { Value = $"{Keys / 2}" }, new() { Value = new byte[32] } },
            };
            await use.ExecuteNonQueryAsync();
            var rising = first.Execute(Transfers(accounts[0], accounts[2], Enumerable.Range(0, Keys), 1));
            var falling = second.Execute(Transfers(accounts[1], accounts[3], Enumerable.Range(0, Keys).Reverse(), 2));
            await Eventually.Holds(async () => await WaitingAsync() == 2, "both groups wait");
            await transaction.RollbackAsync();

            // One of the two commits, and the other one finds its keys used.
            var results = await Task.WhenAll(rising, falling);
            Error?[] errors = [.. results.Select(group => Assert.Single(group.Select(result => result.Error).Distinct()))];
            Assert.Equal([null, LedgerErrors.KeyReused], errors.OrderBy(error => error is not null));
        }

        // Each within one pair of accounts, of which the other group has none.
        Instruction[] Transfers(Account from, Account to, IEnumerable<int> keys, byte body) =>
            [.. keys.Select(key => (Key: key, Id: Guid.CreateVersion7())).Select(one =>
            Movement.Transfer(one.Id, owner, [new Leg(one.Id, from.Id, to.Id, Money.OfMinorUnits(1, from.Currency), null)]) with
            {
                Key = new InstructionKey(owner, $"{one.Key}", Enumerable.Repeat(body, 32).ToArray()),
            })];
    }

    [Fact]
    public async Task A_repetition_gets_the_first_result_although_a_new_request_would_be_refused_and_leave_nothing()
    {
        var (owner, now) = (Guid.CreateVersion7(), ledger.NextTime());
        var accounts = await OpenAsync(owner, now);
        var (from, to, amount) = (accounts[0], accounts[2], Money.Of(2, accounts[0].Currency));
        await using var first = await LedgerSession.Open(ledger.Database, default);
        await first.Execute([Movement.Deposit(Guid.CreateVersion7(), null, from.Id, amount, null) with { At = now }]);
        var paid = Assert.Single(await first.Execute([Pay("paid")]));
        // As after the limit was lowered: nothing of a refusal for it is stored.
        await using var second = await LedgerSession.Open(ledger.Database, default, limits: LedgerLimits.Widest with { MaxMovement = 1 });

        var results = await second.Execute([Pay("new"), Pay("paid")]);

        Assert.Same(LedgerErrors.AmountTooLarge, results[0].Error);
        Assert.True(results[1].IsReplay);
        Assert.Equal(paid.Journals, results[1].Journals);

        Movement Pay(string key) => Transfer(owner, from, to, amount, key) with { At = now };
    }

    [Fact]
    public async Task Events_wait_as_one_group_unless_one_of_them_follows_another()
    {
        var (owner, now) = (Guid.CreateVersion7(), ledger.NextTime());
        var accounts = await OpenAsync(owner, now);
        var (from, to) = (accounts[0], accounts[2]);
        await using var session = await LedgerSession.Open(ledger.Database, default);
        var hold = new Reservation(from.Id, to.Id, Units(1), now.AddMinutes(1), null) { Id = Guid.CreateVersion7(), By = owner, At = now };

        await session.Execute([Deposit(), Deposit(), hold]);
        var first = session.Events;
        await session.Execute([Deposit(), new Capture(hold.Id, null) { Id = Guid.CreateVersion7(), At = now }]);
        var second = session.Events;

        Assert.Equal([1, 1, 1], first.Select(one => one.AggregateVersion));
        Assert.Equal([1, 2], second.Select(one => one.AggregateVersion).Order());
        Assert.Equal(first.Select(one => (one.Id, (Guid?)first[0].Id)).Order(), await ReadAsync("SELECT id, group_id FROM outbox", first));
        Assert.Equal(
            [(first[0].Id, first.Min(one => one.Id), first.Max(one => one.Id), first.Count)],
            await ledger.Database.CreateCommand("SELECT id, first_id, last_id, size FROM outbox_groups WHERE id = ANY ($1)")
                .With(first.Select(one => one.Id).ToArray())
                .ReadAll(row => (row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetInt32(3)), default));
        Assert.Empty(await ReadAsync("SELECT id, NULL::uuid FROM outbox_waiting", first));
        Assert.Equal(
            second.Select(one => (one.Id, (Guid?)null)).Order(), await ReadAsync("SELECT id, group_id FROM outbox", second));
        Assert.Equal(
            second.Select(one => (one.Id, (Guid?)null)).Order(), await ReadAsync("SELECT id, NULL::uuid FROM outbox_waiting", second));

        Movement Deposit() => Movement.Deposit(Guid.CreateVersion7(), null, from.Id, Units(2), null) with { At = now };

        Money Units(long units) => Money.OfMinorUnits(units, from.Currency);

        async Task<List<(Guid Id, Guid? Group)>> ReadAsync(string sql, IReadOnlyList<OutboxMessage> events) =>
            [
                .. (await ledger.Database.CreateCommand($"{sql} WHERE id = ANY ($1)").With(events.Select(one => one.Id).ToArray())
                    .ReadAll(row => (row.GetGuid(0), row.ValueOrNull<Guid>(1)), default)).Order(),
            ];
    }

    [Fact]
    public async Task What_another_session_changed_is_never_lost()
    {
        // More than the groups after which a session tries again what it remembers.
        const int Rounds = 130;
        var (owner, now) = (Guid.CreateVersion7(), ledger.NextTime());
        var accounts = await OpenAsync(owner, now);
        var (from, to) = (accounts[0], accounts[2]);
        await using var first = await OpenRememberingAsync();
        await using var second = await OpenRememberingAsync();
        await first.Execute([Movement.Deposit(Guid.CreateVersion7(), null, from.Id, Units(3 * Rounds), null) with { At = now }]);
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var session in (LedgerSession[])[first, first, second])
                Assert.Null(Assert.Single(await session.Execute([Pay(1)])).Error);
        }

        Assert.Same(LedgerErrors.InsufficientFunds, Assert.Single(await first.Execute([Pay(1)])).Error);
        var paid = await ReadAsync("accounts", LedgerRows.AccountColumns, LedgerRows.Account, "id", [to.Id]);
        Assert.Contains($"Posted = {Units(3 * Rounds)}", Assert.Single(paid), StringComparison.Ordinal);

        // It remembers too little money, and then too much.
        await second.Execute([Movement.Deposit(Guid.CreateVersion7(), null, from.Id, Units(100), null) with { At = now }]);
        Assert.Null(Assert.Single(await first.Execute([Pay(90)])).Error);
        Assert.Null(Assert.Single(await second.Execute([Pay(9)])).Error);
        Assert.Same(LedgerErrors.InsufficientFunds, Assert.Single(await first.Execute([Pay(5)])).Error);

        Money Units(int units) => Money.OfMinorUnits(units, from.Currency);

        Movement Pay(int units) => Transfer(owner, from, to, Units(units), $"{Guid.NewGuid()}") with { At = now };
    }

    [Theory]
    [InlineData("status = 'closed'", 2, "wallet_closed")]
    [InlineData("is_limited = true", 0, "limit_exceeded")]
    public async Task A_remembered_account_that_was_closed_or_limited_since_moves_no_money(string change, int changed, string error)
    {
        var owner = Guid.CreateVersion7();
        var accounts = await OpenAsync(owner, DateTimeOffset.UtcNow);
        var (from, to, subject) = (accounts[0], accounts[2], accounts[changed].Id);
        await using var session = await OpenRememberingAsync();
        await session.Execute([Movement.Deposit(Guid.CreateVersion7(), null, from.Id, Units(10), null)]);
        // There and back: a closed account is empty.
        foreach (var movement in (Instruction[])[Pay(from, to, 7), Pay(to, from, 7)])
            Assert.Null(Assert.Single(await session.Execute([movement])).Error);
        await Sql.ExecuteAsync(ledger.ConnectionString, LimitSql(from, owner, subject, change));

        var told = Assert.Single(await session.Execute([Pay(from, to, 2)])).Error?.Code;

        await EndLimitsAsync(subject);
        Assert.Equal(error, told);

        Money Units(int units) => Money.OfMinorUnits(units, from.Currency);

        Movement Pay(Account source, Account destination, int units) =>
            Transfer(owner, source, destination, Units(units), $"{Guid.NewGuid()}");
    }

    [Fact]
    public async Task An_account_that_is_limited_between_its_reading_and_its_writing_moves_no_money()
    {
        var owner = Guid.CreateVersion7();
        var accounts = await OpenAsync(owner, DateTimeOffset.UtcNow);
        var (from, to) = (accounts[0], accounts[2]);
        await using (var other = await OpenRememberingAsync())
            await other.Execute([Movement.Deposit(Guid.CreateVersion7(), null, from.Id, Money.OfMinorUnits(10, from.Currency), null)]);
        // It remembers nothing yet, and reads without locks.
        await using var session = await OpenRememberingAsync();
        InstructionResult told;
        await using (var manager = await ledger.Database.OpenConnectionAsync())
        await using (var transaction = await manager.BeginTransactionAsync())
        {
            await using var limit = new NpgsqlCommand(LimitSql(from, owner, from.Id, "is_limited = true"), manager);
            await limit.ExecuteNonQueryAsync();
            var paying = session.Execute([Transfer(owner, from, to, Money.OfMinorUnits(2, from.Currency), $"{Guid.NewGuid()}")]);
            await Eventually.Holds(async () => await WaitingAsync() == 1, "the session waits to write");
            await transaction.CommitAsync();
            told = Assert.Single(await paying);
        }

        await EndLimitsAsync(from.Id);
        Assert.Equal("limit_exceeded", told.Error?.Code);
    }

    /// <summary>Limits each transfer of a wallet to one minor unit, and changes the row of an account.</summary>
    private static string LimitSql(Account wallet, Guid owner, Guid subject, string change) =>
        $"""
        INSERT INTO ledger.spending_limits
        VALUES ('{wallet.Id}', '{wallet.Currency.Code}', '{owner}', 1, NULL, NULL,
            now() - interval '1 day', now() + interval '1 day', 0, now() - interval '1 day', now() + interval '1 day', 0);
        UPDATE ledger.accounts SET {change} WHERE id = '{subject}'
        """;

    // A check of the ledger compares the limits with what was spent.
    private Task<int> EndLimitsAsync(Guid subject) => Sql.ExecuteAsync(
        ledger.ConnectionString,
        $"DELETE FROM ledger.spending_limits; UPDATE ledger.accounts SET is_limited = false WHERE id = '{subject}'");

    private static Movement Transfer(Guid owner, Account from, Account to, Money amount, string key)
    {
        var id = Guid.CreateVersion7();
        return Movement.Transfer(id, owner, [new Leg(id, from.Id, to.Id, amount, null)]) with
        {
            Key = new InstructionKey(owner, key, new byte[32]),
        };
    }

    private Task<LedgerSession> OpenRememberingAsync() =>
        LedgerSession.Open(ledger.Database, withEvents: true, limits: null, new RememberedAccounts(1_000, TimeProvider.System), default);

    private async Task CompareAsync(Step[] steps, int[] sizes)
    {
        var (owners, now) = ((Guid[])[Guid.CreateVersion7(), Guid.CreateVersion7()], ledger.NextTime());
        Account[] wallets = [.. await OpenAsync(owners[0], now), .. await OpenAsync(owners[1], now)];
        Guid[] ids = [.. steps.Select(_ => Guid.CreateVersion7())];
        Instruction[] history =
        [
            .. wallets.Select(wallet =>
                Movement.Deposit(Guid.CreateVersion7(), null, wallet.Id, Money.OfMinorUnits(100, wallet.Currency), null) with { At = now }),
            .. steps.Select((step, n) => step.ToInstruction(n, steps, ids, owners, wallets, now)),
        ];

        List<InstructionResult> results = [];
        await using (var session = await OpenRememberingAsync())
        {
            for (var group = 0; results.Count < history.Length; group++)
                results.AddRange(
                    await session.Execute([.. history.Skip(results.Count).Take(group < sizes.Length ? sizes[group] : history.Length)]));
        }

        var system = SystemAccounts.All(now).Where(account => Currencies.Contains(account.Currency));
        var decision = LedgerBook.Decide(
            new LedgerState { Accounts = wallets.Concat(system).ToDictionary(account => account.Id) }, history, now);
        Assert.Equal(decision.Results.Select(Told), results.Select(Told));
        Assert.Equal(
            decision.Accounts.Where(account => account.Kind == AccountKind.Wallet)
                .Select(account => $"{account}")
                .Order(StringComparer.Ordinal),
            (await ReadAsync("accounts", LedgerRows.AccountColumns, LedgerRows.Account, "id", wallets.Select(wallet => wallet.Id)))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            decision.Journals.Select(journal => $"{journal}").Order(StringComparer.Ordinal),
            (
                await ReadAsync(
                    "journals", LedgerRows.JournalColumns, LedgerRows.Journal, "id", decision.Journals.Select(journal => journal.Id)))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            decision.Exchanges.Select(exchange => $"{exchange}").Order(StringComparer.Ordinal),
            (
                await ReadAsync(
                    "exchanges", LedgerRows.ExchangeColumns, LedgerRows.Exchange, "source_id", wallets.Select(wallet => wallet.Id)))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            decision.Holds.Select(hold => $"{hold}").Order(StringComparer.Ordinal),
            (await ReadAsync("holds", LedgerRows.HoldColumns, LedgerRows.Hold, "source_id", wallets.Select(wallet => wallet.Id)))
                .Order(StringComparer.Ordinal));
    }

    private static string Told(InstructionResult result) =>
        $"{result.Error?.Code} {result.Hold} {result.IsReplay} {string.Join(' ', result.Journals)}";

    private static Arbitrary<Step[]> Histories => Arb.From(
        Gen.ArrayOf(
            from kind in Gen.Choose(0, 18)
            from source in Gen.Choose(0, Wallets - 1)
            from hop in Gen.Choose(1, 3)
            from stray in Gen.Frequency((7, Gen.Constant(0)), (1, Gen.Choose(1, Wallets + 1)))
            from units in Gen.Choose(1, 60)
            from all in Gen.Elements(true, false)
            from back in Gen.Choose(0, 1)
            from key in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 6)))
            from body in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Constant(1)))
            select new Step(kind, source, hop, stray, units, all, back, key, body)),
        steps => Enumerable.Range(0, steps.Length).Select(left => steps.Where((_, n) => n != left).ToArray()));

    /// <summary>Two wallets of each currency.</summary>
    private async Task<Account[]> OpenAsync(Guid owner, DateTimeOffset now)
    {
        Account[] accounts =
            [.. Enumerable.Range(0, Wallets / 2).Select(n => Account.OfWallet(Guid.CreateVersion7(), owner, Currencies[n % 2], now))];
        await using var connection = await ledger.Database.OpenConnectionAsync();
        await using var insert = AccountRows.Insert(accounts);
        insert.Connection = connection;
        await insert.ExecuteNonQueryAsync();
        return accounts;
    }

    private async Task<List<string>> ReadAsync<T>(
        string table, string columns, Func<NpgsqlDataReader, T> read, string by, IEnumerable<Guid> ids)
    {
        List<string> rows = [];
        await using var command = ledger.Database.CreateCommand($"SELECT {columns} FROM ledger.{table} WHERE {by} = ANY($1)");
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. ids] });
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
            rows.Add($"{read(reader)}");
        return rows;
    }

    private async Task<long> WaitingAsync()
    {
        await using var command = ledger.Database.CreateCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>An instruction as numbers, which mean something in any history: mostly what can be done, sometimes what can't.</summary>
    /// <param name="Kind">What.</param>
    /// <param name="Source">From which wallet.</param>
    /// <param name="Hop">To how many wallets of the same currency further.</param>
    /// <param name="Stray">Unless 0, to any wallet or to none instead, and every other time by somebody else.</param>
    /// <param name="Units">How much.</param>
    /// <param name="All">Whether a reversal or a capture is of all that is left, and whether a release is by time.</param>
    /// <param name="Back">How many that could be meant stand between it and the one that is meant.</param>
    /// <param name="Key">Under which key, or none for 0.</param>
    /// <param name="Body">With which request.</param>
    private sealed record Step(int Kind, int Source, int Hop, int Stray, int Units, bool All, int Back, int Key, int Body)
    {
        private bool Moves => Kind is < 4 or 5 or 6 or 10 or 14;
        private bool Holds => Kind is 8 or 9;

        public Instruction ToInstruction(int n, Step[] steps, Guid[] ids, Guid[] owners, Account[] wallets, DateTimeOffset begin)
        {
            var source = wallets[Source].Id;
            var destination = Stray == 0
                ? wallets[(Source + (2 * Hop)) % Wallets].Id
                : Stray <= Wallets ? wallets[Stray - 1].Id : Guid.Empty;
            var amount = Money.OfMinorUnits(Units, wallets[Source].Currency);
            Money? part = All ? null : amount;
            var (id, owner) = (ids[n], owners[(Source / owners.Length / 2) ^ (Stray & 1)]);
            var (moved, held) = (Earlier(step => step.Moves), Earlier(step => step.Holds));
            Instruction instruction = Kind switch
            {
                < 4 => Movement.Transfer(id, owner, [new Leg(id, source, destination, amount, "one")]),
                4 => Movement.Transfer(id, owner, [To(destination), To(wallets[(Source + 2) % Wallets].Id), To(destination)]),
                5 => Movement.Deposit(id, owner, destination, amount, null),
                6 => Movement.Withdrawal(id, owner, source, amount, null),
                7 or 12 or 13 => new Reversal(moved, part, null) { Id = id, By = owner },
                8 or 9 => new Reservation(source, destination, amount, begin.AddSeconds(n + Units), null) { Id = id, By = owner },
                10 or 14 => new Capture(held, part) { Id = id },
                > 15 => new CurrencyExchange(
                    source, Stray == 0 ? wallets[Source ^ 1].Id : destination, Terms(amount, wallets[Source ^ 1].Currency),
                    begin.AddSeconds(n + Units - 3), [Guid.CreateVersion7(), Guid.CreateVersion7(), Guid.CreateVersion7()])
                {
                    Id = All ? id : Earlier(step => step.Kind > 15) is var used && used != Guid.Empty ? used : id,
                    By = owner,
                },
                _ => new Release(held, All) { Id = id },
            };
            return instruction with
            {
                At = begin.AddSeconds(n),
                Key = Key == 0 ? null : new InstructionKey(owner, $"key {Key}", Enumerable.Repeat((byte)Body, 32).ToArray())
            };

            ExchangeTerms Terms(Money sold, Currency bought) => new()
            {
                Sell = sold,
                Buy = Money.OfMinorUnits(Hop, bought),
                Fee = Money.OfMinorUnits(Units > 1 ? Back : 0, sold.Currency),
                Rounded = Money.OfMinorUnits(Back, bought),
                Price = "1.5",
                Rounding = "0.01",
            };

            Leg To(Guid wallet) => new(Guid.CreateVersion7(), source, wallet, amount, null);

            Guid Earlier(Func<Step, bool> fits) =>
                Enumerable.Range(0, n).Reverse().Where(at => fits(steps[at])).Skip(Back).Select(at => ids[at]).FirstOrDefault();
        }
    }
}
