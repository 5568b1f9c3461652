using FsCheck;
using FsCheck.Fluent;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Exchange;
using Portico.Domain.Ledger;

namespace Portico.Domain.UnitTests.Ledger;

public sealed class LedgerBookTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);
    private static readonly Guid[] People = [Id(1), Id(2)];
    private static readonly Currency[] Currencies = [Currency.Of("EUR"), Currency.Of("ETH")];

    // Two people, each with two wallets of each currency; one of the wallets is closed.
    private static readonly Account[] Wallets = [.. Enumerable.Range(0, 8)
        .Select(n => Account.OfWallet(Id(10 + n), People[n % 2], Currencies[n / 2 % 2], Start))
        .Select((wallet, n) => n == 7 ? wallet with { Status = AccountStatus.Closed } : wallet)
        // The limits below are those of the second person and of two wallets.
        .Select(wallet => wallet with { IsLimited = wallet.OwnerId == People[1] })];

    private static readonly Guid[] Anything =
        [.. Wallets.Select(wallet => wallet.Id), Id(99), SystemAccounts.IdOf(AccountKind.Cash, Currencies[0])];

    private static readonly Spending[] Limits =
    [
        Limit(People[1], Currencies[0], perMonth: 150), Limit(Wallets[1].Id, Currencies[0], perTransfer: 50, perDay: 120),
        Limit(Wallets[3].Id, Currencies[1], perDay: 60),
    ];

    private static readonly LedgerState Empty = new()
    {
        Spending = Limits.ToDictionary(limit => (limit.SubjectId, limit.Day.Spent.Currency.Code)),
        Accounts = Wallets
            .Concat(
                from kind in (AccountKind[])[AccountKind.Cash, AccountKind.Liquidity, AccountKind.Fees, AccountKind.Rounding]
                from currency in Currencies
                select Account.OfSystem(kind, currency, Start))
            .ToDictionary(account => account.Id),
    };

    [Fact]
    public void Any_split_into_batches_gives_the_same_as_one_by_one() =>
        Prop.ForAll(Histories, Arb.From(Gen.ListOf(Gen.Choose(1, 7))), (history, sizes) =>
    {
        var alone = Run(history, []);
        var split = Run(history, sizes);
        var whole = Run(history, [history.Length]);
        Assert.Equal(alone.Written, split.Written);
        Assert.Equal(alone.Written, whole.Written);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void After_any_history_the_books_are_right() => Prop.ForAll(Histories, history =>
    {
        var (state, journals, postings, results, _) = Run(history, [3]);

        Assert.All(
            postings.GroupBy(posting => posting.JournalId), journal => Assert.Equal(0, journal.Sum(posting => posting.Amount.Amount)));
        Assert.All(
            state.Accounts.Values.GroupBy(account => account.Currency),
            currency => Assert.Equal(0, currency.Sum(account => account.Posted.Amount)));
        Assert.Equal(journals.Count, results.Where(result => !result.IsReplay).Sum(result => result.Journals.Count));
        foreach (var account in state.Accounts.Values)
        {
            var own = postings.Where(posting => posting.AccountId == account.Id).ToArray();
            Assert.Equal(Enumerable.Range(1, own.Length).Select(version => (long)version), own.Select(posting => posting.AccountVersion));
            Assert.Equal(account.Version, own.Length);
            Assert.Equal(account.Posted.Amount, own.Sum(posting => posting.Amount.Amount));
            Assert.Equal(
                account.Held.Amount, state.Holds.Values.Where(hold => hold.SourceId == account.Id).Sum(hold => hold.Remaining.Amount));
            Assert.True(account.MinAvailable is null || account.Available >= account.MinAvailable, account.ToString());
            Assert.Equal(own.Select(posting => posting.RecordedAt).Order(), own.Select(posting => posting.RecordedAt));
            Assert.True(account.Status == AccountStatus.Open || own.Length == 0);
            if (own.Length > 0)
                Assert.Equal(
                    (account.Posted, account.Held, account.RecordedAt), (own[^1].PostedAfter, own[^1].HeldAfter, own[^1].RecordedAt));
        }

        Assert.All(state.Spending.Values, spending => AssertCounted(spending, state, journals));
        Assert.Equal(
            state.UsedQuotes.Order(),
            journals.Where(journal => journal.Kind == JournalKind.Exchange && journal.OperationId is null)
                .Select(journal => journal.Id).Order());
        Assert.All(state.Originals.Values, original => Assert.InRange(original.Reversed.MinorUnits, 0, original.Journal.Amount.MinorUnits));
        Assert.All(journals.Where(journal => journal.ReversesId is not null).GroupBy(journal => journal.ReversesId), reversals =>
            Assert.True(reversals.Sum(reversal => reversal.Amount.Amount)
                <= journals.Single(journal => journal.Id == reversals.Key).Amount.Amount));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void A_refusal_leaves_nothing_but_its_answer() => Prop.ForAll(Histories, history =>
    {
        var state = Empty;
        foreach (var instruction in history)
        {
            var decision = LedgerBook.Decide(state, [instruction], Start);
            if (decision.Results[0].Error is not null)
            {
                Assert.Empty(decision.Accounts);
                Assert.Empty(decision.Journals);
                Assert.Empty(decision.Postings);
                Assert.Empty(decision.Holds);
                Assert.Empty(decision.Events);
            }

            state = After(state, decision);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_repetition_gets_the_first_answer_and_has_no_effect() => Prop.ForAll(Histories, history =>
    {
        var first = Run(history, [5]);
        var again = LedgerBook.Decide(first.State, [.. history.Where(instruction => instruction.Key is not null)], Start.AddYears(1));
        Assert.Empty(again.Accounts);
        Assert.Empty(again.Keys);
        var kept = first.State.Keys;
        Assert.All(history.Where(instruction => instruction.Key is not null).Zip(again.Results), pair =>
        {
            if (!kept.TryGetValue((pair.First.Key!.OwnerId, pair.First.Key.Key), out var known))
                Assert.Equal(LedgerErrors.SameWallet, pair.Second.Error);
            else if (known.Fingerprint.Span.SequenceEqual(pair.First.Key.Fingerprint.Span))
                Assert.Equal(known.Result, pair.Second with { IsReplay = false });
            else
                Assert.Equal(LedgerErrors.KeyReused, pair.Second.Error);
        });
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Money_never_leaves_what_a_decimal_holds()
    {
        // The account of all wallets is full; only an older version of the ledger could fill it.
        var cash = SystemAccounts.IdOf(AccountKind.Cash, Currencies[0]);
        var accounts = Empty.Accounts.ToDictionary();
        accounts[cash] = accounts[cash] with { Posted = -Money.Max(Currencies[0]) };
        var refused = LedgerBook.Decide(
            Empty with { Accounts = accounts }, [Movement.Deposit(Id(1001), null, Wallets[0].Id, Amount(Currencies[0], 1), null)], Start);
        Assert.Equal(LedgerErrors.BalanceLimit, refused.Results[0].Error);
    }

    [Theory]
    [InlineData("JPY")]
    [InlineData("EUR")]
    [InlineData("ETH")]
    public void A_full_wallet_concerns_no_other_wallet(string code)
    {
        var currency = Currency.Of(code);
        Account[] wallets = [.. Enumerable.Range(0, 2).Select(n => Account.OfWallet(Id(10 + n), People[n], currency, Start))];
        var state = new LedgerState
        {
            Accounts = wallets.Append(Account.OfSystem(AccountKind.Cash, currency, Start)).ToDictionary(account => account.Id),
        };
        var (max, cash) = (LedgerLimits.MaxAmount(currency), SystemAccounts.IdOf(AccountKind.Cash, currency));
        Leg[] legs = [.. Enumerable.Range(0, 100).Select(n => new Leg(Id(1000 + n), cash, wallets[0].Id, max, null))];
        state = After(state, LedgerBook.Decide(state, [new Movement { Id = Id(999), Kind = JournalKind.Deposit, Legs = legs }], Start));
        Assert.Equal(Account.MaxWalletBalance(currency), state.Accounts[wallets[0].Id].Posted);

        var next = LedgerBook.Decide(
            state,
            [
                Movement.Deposit(Id(2000), null, wallets[0].Id, Amount(currency, 1), null),
                Movement.Deposit(Id(2001), null, wallets[1].Id, max, null),
                Movement.Withdrawal(Id(2002), null, wallets[0].Id, Amount(currency, 1), null),
            ],
            Start);
        Assert.Equal([LedgerErrors.BalanceLimit, null, null], next.Results.Select(result => result.Error));
    }

    [Fact]
    public void A_wallet_that_is_larger_than_allowed_can_become_smaller_only()
    {
        var accounts = Empty.Accounts.ToDictionary();
        accounts[Wallets[0].Id] = Wallets[0] with { Posted = Money.Max(Currencies[0]) };
        var results = LedgerBook.Decide(
            Empty with { Accounts = accounts },
            [
                Movement.Withdrawal(Id(1000), null, Wallets[0].Id, Amount(Currencies[0], 2), null),
                Movement.Deposit(Id(1001), null, Wallets[0].Id, Amount(Currencies[0], 1), null),
                new Reservation(Wallets[0].Id, Wallets[1].Id, Amount(Currencies[0], 1), Start.AddDays(1), null) { Id = Id(1002) },
            ],
            Start).Results;
        Assert.Equal([null, LedgerErrors.BalanceLimit, null], results.Select(result => result.Error));
    }

    [Fact]
    public void No_movement_and_no_hold_is_larger_than_the_limit()
    {
        var limits = LedgerLimits.Widest with { MaxMovement = 0.60m };
        var (within, beyond) = (Amount(Currencies[0], 60), Amount(Currencies[0], 61));
        var results = LedgerBook.Decide(
            Empty,
            [
                Movement.Deposit(Id(1000), null, Wallets[0].Id, beyond, null),
                Movement.Deposit(Id(1001), null, Wallets[0].Id, within, null),
                Movement.Deposit(Id(1002), null, Wallets[0].Id, within, null),
                Movement.Withdrawal(Id(1003), null, Wallets[0].Id, beyond, null),
                Movement.Transfer(Id(1004), People[0], [new Leg(Id(1004), Wallets[0].Id, Wallets[1].Id, beyond, null)]),
                new Reservation(Wallets[0].Id, Wallets[1].Id, beyond, Start.AddDays(1), null) { Id = Id(1005) },
                new Reservation(Wallets[0].Id, Wallets[1].Id, within, Start.AddDays(1), null) { Id = Id(1006) },
            ],
            Start,
            limits).Results;
        var refused = LedgerErrors.AmountTooLarge;
        Assert.Equal([refused, null, null, refused, refused, refused, null], results.Select(result => result.Error));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(100)]
    public void Open_holds_of_a_person_are_counted_alike_in_any_split_into_batches(int size)
    {
        var limits = LedgerLimits.Widest with { MaxOpenHolds = 2 };
        var own = Wallets.Where(wallet => wallet.OwnerId == People[0] && wallet.Currency == Currencies[0]).ToArray();
        Instruction[] history =
        [
            .. own.Select((wallet, n) => Movement.Deposit(Id(500 + n), null, wallet.Id, Amount(wallet.Currency, 100), null)),
            Hold(1, own[0]), Hold(2, own[1]), Hold(3, own[0]),
            new Capture(Id(2001), Amount(Currencies[0], 1)) { Id = Id(3001) }, Hold(4, own[1]),
            new Capture(Id(2001), null) { Id = Id(3002) }, Hold(5, own[1]), Hold(6, own[0]),
            new Release(Id(2002), Expired: false) { Id = Id(3003) }, Hold(7, own[0]),
        ];
        var (state, errors) = (Empty, new List<Error?>());
        foreach (var batch in history.Chunk(size))
        {
            var open = state.Holds.Values.Count(hold => hold.Status == HoldStatus.Open);
            var decision = LedgerBook.Decide(
                state with { OpenHolds = new Dictionary<Guid, int> { [People[0]] = open } }, batch, Start, limits);
            state = After(state, decision);
            errors.AddRange(decision.Results.Select(result => result.Error));
        }

        var many = LedgerErrors.TooManyHolds;
        Assert.Equal([.. own.Select(_ => (Error?)null), null, null, many, null, many, null, null, many, null, null], errors);

        Reservation Hold(int n, Account from) =>
            new(from.Id, Wallets[1].Id, Amount(Currencies[0], 5), Start.AddDays(1), null) { Id = Id(2000 + n), By = People[0] };
    }

    [Fact]
    public void Throws_at_legs_and_amounts_that_no_caller_may_give()
    {
        var (none, cent) = (Money.Zero(Currencies[0]), Amount(Currencies[0], 1));
        Instruction[] mistakes =
        [
            Movement.Transfer(Id(1), People[0], []),
            Movement.Transfer(Id(1), People[0], [.. Enumerable.Range(0, 101).Select(Leg)]),
            Movement.Deposit(Id(1), null, Wallets[0].Id, none, null),
            Movement.Deposit(Id(1), null, Wallets[0].Id, -cent, null),
            new Reservation(Wallets[0].Id, Wallets[1].Id, -cent, Start.AddDays(1), null) { Id = Id(1) },
        ];
        Assert.All(mistakes, mistake => Assert.Throws<ArgumentException>(() => LedgerBook.Decide(Empty, [mistake], Start)));

        Leg Leg(int n) => new(Id(n), Wallets[0].Id, Wallets[1].Id, cent, null);
    }

    [Fact]
    public void A_limit_says_what_is_left_and_until_when()
    {
        var (from, to) = (Wallets[1].Id, Wallets[0].Id);
        Instruction[] history =
        [
            Movement.Deposit(Id(500), null, from, Amount(Currencies[0], 1000), null),
            Pay(1, 51), Pay(2, 50), Pay(3, 50), Pay(4, 21), Pay(5, 20),
            // It is of the same person, so only the limit of the wallet counts.
            Movement.Transfer(Id(6), People[1], [new Leg(Id(6), from, Wallets[5].Id, Amount(Currencies[0], 1), null)]),
        ];

        var results = LedgerBook.Decide(Empty, history, Start).Results;

        Assert.Equal(
            [
                null, "One transfer or hold of this wallet may be at most 0.50 EUR.", null, null,
                "The limit of this wallet is 1.20 EUR a day. 0.20 EUR are left until 2026-11-22T10:00:00Z.", null,
                "The limit of this wallet is 1.20 EUR a day. 0.00 EUR are left until 2026-11-22T10:00:00Z.",
            ],
            results.Select(result => result.Error?.Message));

        // The other wallets of the person have what is left of the month.
        var rest = LedgerBook.Decide(
            After(Empty, LedgerBook.Decide(Empty, history, Start)),
            [
                Movement.Deposit(Id(501), null, Wallets[5].Id, Amount(Currencies[0], 100), null),
                Movement.Transfer(Id(7), People[1], [new Leg(Id(7), Wallets[5].Id, to, Amount(Currencies[0], 31), null)]),
                Movement.Transfer(Id(8), People[1], [new Leg(Id(8), Wallets[5].Id, to, Amount(Currencies[0], 30), null)]),
            ],
            Start).Results;
        Assert.Equal(
            [
                null, "The limit of all your wallets in EUR together is 1.50 EUR a month. 0.30 EUR are left until 2026-12-21T10:00:00Z.",
                null,
            ],
            rest.Select(result => result.Error?.Message));

        Instruction Pay(int n, int units) =>
            Movement.Transfer(Id(n), People[1], [new Leg(Id(n), from, to, Amount(Currencies[0], units), null)]);
    }

    [Fact]
    public void A_stored_refusal_keeps_its_sentence()
    {
        var error = LedgerErrors.LimitExceeded("The limit of this wallet is 1.20 EUR a day");
        var again = StoredErrorNames.OfName(StoredErrorNames.NameOf(error)!);
        Assert.Equal((error.Kind, error.Code, error.Message), (again.Kind, again.Code, again.Message));
    }

    private static Arbitrary<Instruction[]> Histories => Arb.From(
        from funds in Gen.Constant(
            Wallets.Take(7).Select((wallet, n) =>
                (Instruction)(Movement.Deposit(Id(500 + n), null, wallet.Id, Amount(wallet.Currency, 100), null) with { At = Start })))
        from draws in Gen.ListOf(Draws, 25)
        select funds.Concat(draws.Select((make, n) => make(n))).ToArray(), Shrunk);

    // An instruction by its place in the history, which gives ids that later ones can name.
    private static Gen<Func<int, Instruction>> Draws =>
        from what in Gen.Choose(0, 14)
        from source in Gen.Elements(Anything)
        from destination in Gen.Elements(Anything)
        from owner in Gen.Elements(People)
        from currency in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Constant(1)))
        from units in Gen.Choose(1, 60)
        from all in Gen.Elements(true, false)
        from back in Gen.Choose(1, 12)
        from key in Gen.Frequency((3, Gen.Constant(0)), (2, Gen.Choose(1, 6)))
        from body in Gen.Frequency((5, Gen.Constant(0)), (1, Gen.Constant(1)))
        select (Func<int, Instruction>)(n => Make(n, what, source, destination, owner, Amount(Currencies[currency], units), all, back) with
        {
            At = Start.AddSeconds(n),
            Key = key == 0 ? null : new InstructionKey(owner, $"key {key}", Enumerable.Repeat((byte)body, 32).ToArray()),
        });

    private static Instruction Make(int n, int what, Guid source, Guid destination, Guid owner, Money amount, bool all, int back)
    {
        var (id, earlier) = (Id(2000 + (n * 10)), Id(2000 + (Math.Max(0, n - back) * 10)));
        // An exchange has the id of its quote, which no journal of another kind can have.
        var quote = Id(8001 + (all ? n : Math.Max(0, n - back)));
        return what switch
        {
            < 4 => Movement.Transfer(id, owner, [new Leg(id, source, destination, amount, "one")]),
            4 => Movement.Transfer(id, owner, [.. Enumerable.Range(1, 3).Select(ThereAndBack)]),
            5 => Movement.Deposit(id, owner, destination, amount, null),
            6 => Movement.Withdrawal(id, owner, source, amount, null),
            7 => new Reversal(back == 3 ? Id(8001 + Math.Max(0, n - 3)) : earlier, all ? null : amount, null) { Id = id, By = owner },
            8 or 9 => new Reservation(source, destination, amount, Start.AddSeconds(n + back), null) { Id = id, By = owner },
            10 => new Capture(earlier, all ? null : amount) { Id = id, By = owner },
            11 => new Release(earlier, all) { Id = id, By = all ? null : owner },
            // Every other one with a quote that may have been used.
            _ => new CurrencyExchange(
                source, destination, Terms(), Start.AddSeconds(n + back - 3), [Id(n + 5001), Id(n + 6001), Id(n + 7001)])
            {
                Id = quote,
                By = owner,
            },
        };

        ExchangeTerms Terms()
        {
            var other = amount.Currency == Currencies[0] ? Currencies[1] : Currencies[0];
            return new ExchangeTerms
            {
                Sell = amount + Amount(amount.Currency, 1),
                Buy = Amount(other, back),
                Fee = Amount(amount.Currency, n % 2),
                Rounded = Amount(other, n % 3),
                Price = "1",
                Rounding = "0",
            };
        }

        Leg ThereAndBack(int leg) => leg % 2 == 0
            ? new Leg(Id(2000 + (n * 10) + leg), destination, source, amount, null)
            : new Leg(Id(2000 + (n * 10) + leg), source, destination, amount, null);
    }

    private static IEnumerable<Instruction[]> Shrunk(Instruction[] history) =>
        Enumerable.Range(0, history.Length).Select(left => history.Where((_, n) => n != left).ToArray());

    private static History Run(Instruction[] history, IEnumerable<int> sizes)
    {
        var (state, journals, postings, results, written) = (
            Empty, new List<Journal>(), new List<Posting>(), new List<InstructionResult>(), new List<string>());
        using var next = sizes.GetEnumerator();
        for (var done = 0; done < history.Length;)
        {
            var batch = history.Skip(done).Take(next.MoveNext() ? next.Current : 1).ToArray();
            var decision = LedgerBook.Decide(state, batch, Start);
            done += batch.Length;
            state = After(state, decision);
            journals.AddRange(decision.Journals);
            postings.AddRange(decision.Postings);
            results.AddRange(decision.Results);
            written.AddRange(decision.Journals.Select(journal => journal.ToString()));
            written.AddRange(decision.Exchanges.Select(exchange => exchange.ToString()));
            written.AddRange(decision.Events.Select(raised => $"{raised.AggregateId} {raised.Version} {raised.Event.GetType().Name}"));
        }

        string[] all =
        [
            .. written.Order(StringComparer.Ordinal),
            .. postings.Select(posting => posting.ToString()).Order(StringComparer.Ordinal),
            .. results.Select(result =>
                $"{result.Error?.Code} {result.Hold} {result.IsReplay} "
                + string.Join(',', result.Journals.Select(journal => journal.Id))),
            .. state.Accounts.Values.Select(account => account.ToString()).Order(StringComparer.Ordinal),
            .. state.Holds.Values.Select(hold => hold.ToString()).Order(StringComparer.Ordinal),
            .. state.Spending.Values.Select(spending => spending.ToString()).Order(StringComparer.Ordinal),
        ];
        return new History(state, journals, postings, results, all);
    }

    /// <summary>What a reader finds once a decision is written.</summary>
    private static LedgerState After(LedgerState state, Decision decision)
    {
        var accounts = state.Accounts.Values.ToDictionary(account => account.Id);
        foreach (var account in decision.Accounts)
            accounts[account.Id] = account;
        var holds = state.Holds.Values.ToDictionary(hold => hold.Id);
        foreach (var hold in decision.Holds)
            holds[hold.Id] = hold;
        var originals = state.Originals.Values.ToDictionary(original => original.Journal.Id);
        foreach (var journal in decision.Journals)
        {
            originals[journal.Id] = new Original(journal, Money.Zero(journal.Amount.Currency));
            if (journal.ReversesId is { } id)
                originals[id] = originals[id] with { Reversed = originals[id].Reversed + journal.Amount };
        }

        var keys = state.Keys.ToDictionary(known => known.Key, known => known.Value);
        foreach (var (key, result, _) in decision.Keys)
            keys.Add((key.OwnerId, key.Key), new KnownKey(key.Fingerprint, result));
        var quotes = state.UsedQuotes.Union(decision.Exchanges.Select(exchange => exchange.Id)).ToHashSet();
        var spending = state.Spending.ToDictionary();
        foreach (var changed in decision.Spending)
            spending[(changed.SubjectId, changed.Day.Spent.Currency.Code)] = changed;
        return new LedgerState
        {
            Accounts = accounts,
            Holds = holds,
            Originals = originals,
            UsedQuotes = quotes,
            Spending = spending,
            Keys = keys,
        };
    }

    /// <summary>What was spent is what left and what is reserved, and no more than the limit.</summary>
    private static void AssertCounted(Spending spending, LedgerState state, List<Journal> journals)
    {
        var currency = spending.Day.Spent.Currency;
        Guid[] own =
        [
            .. Wallets.Where(wallet => wallet.Id == spending.SubjectId || wallet.OwnerId == spending.SubjectId)
                .Select(wallet => wallet.Id),
        ];
        // Money that stays with its owner counts for the wallet only.
        Guid[] inside = own.Contains(spending.SubjectId) ? [] : own;
        var spent = journals
            .Where(journal => journal.Kind is JournalKind.Transfer or JournalKind.Capture)
            .Select(journal => (journal.SourceId, journal.DestinationId, journal.Amount))
            .Concat(state.Holds.Values.Select(hold => (hold.SourceId, hold.DestinationId, Amount: hold.Remaining)))
            .Where(moved => own.Contains(moved.SourceId) && !inside.Contains(moved.DestinationId) && moved.Amount.Currency == currency)
            .Sum(moved => moved.Amount.MinorUnits);
        Assert.Equal((spent, spent), (spending.Day.Spent.MinorUnits, spending.Month.Spent.MinorUnits));
        Assert.True(spending.Limit.PerDay is not { } day || spending.Day.Spent <= day);
        Assert.True(spending.Limit.PerMonth is not { } month || spending.Month.Spent <= month);
        Assert.All(
            journals.Where(journal => journal.Kind == JournalKind.Transfer && journal.SourceId == spending.SubjectId),
            journal => Assert.True(spending.Limit.PerTransfer is not { } most || journal.Amount <= most));
    }

    private static Spending Limit(
        Guid subject, Currency currency, int? perTransfer = null, int? perDay = null, int? perMonth = null) => new()
        {
            SubjectId = subject,
            Limit = new SpendingLimit(Of(currency, perTransfer), Of(currency, perDay), Of(currency, perMonth)),
            Day = new SpendingPeriod(Start.AddYears(-1), Start.AddDays(1), Money.Zero(currency)),
            Month = new SpendingPeriod(Start.AddYears(-1), Start.AddDays(30), Money.Zero(currency)),
        };

    private static Money? Of(Currency currency, int? units) => units is { } some ? Amount(currency, some) : null;

    private static Money Amount(Currency currency, int units) => Money.OfMinorUnits(units, currency);

    private static Guid Id(int n) => new(n, 0, 0, new byte[8]);

    private sealed record History(
        LedgerState State, List<Journal> Journals, List<Posting> Postings, List<InstructionResult> Results, string[] Written);
}
