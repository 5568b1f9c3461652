using Portico.Domain.Common;

namespace Portico.Domain.Ledger;

/// <summary>Executes instructions one after another, in memory.</summary>
/// <remarks>
/// A pure function of its input. A failed instruction changes nothing and has no effect on the other instructions; any split of a
/// sequence into batches gives the same result as one by one.
/// </remarks>
public sealed class LedgerBook
{
    private readonly LedgerChanges _changes;
    private readonly DateTimeOffset _now;
    private readonly LedgerLimits _limits;

    private LedgerBook(LedgerState state, int instructions, DateTimeOffset now, LedgerLimits limits) =>
        (_changes, _now, _limits) = (new LedgerChanges(state, instructions), now, limits);

    /// <summary>Executes instructions in their order.</summary>
    /// <param name="state">The state that was read under the locks of the accounts; an account that is missing does not exist.</param>
    /// <param name="instructions">The instructions.</param>
    /// <param name="now">A time after the locks were taken.</param>
    /// <param name="limits">The limits of the installation; without them the widest.</param>
    /// <exception cref="ArgumentException">An instruction has no legs, too many of them, or an amount that is not above zero.</exception>
    public static Decision Decide(
        LedgerState state, IReadOnlyList<Instruction> instructions, DateTimeOffset now, LedgerLimits? limits = null)
    {
        var book = new LedgerBook(state, instructions.Count, now, limits ?? LedgerLimits.Widest);
        var results = new InstructionResult[instructions.Count];
        for (var i = 0; i < results.Length; i++)
            results[i] = book.ExecuteOnce(instructions[i]);
        return book._changes.ToDecision(results);
    }

    private InstructionResult ExecuteOnce(Instruction instruction)
    {
        if (instruction.Key is not { } key)
            return Execute(instruction);

        if (_changes.FindKey(key) is { } known)
            return known.Fingerprint.Span.SequenceEqual(key.Fingerprint.Span)
                ? known.Result with { IsReplay = !IsMadeBy(instruction, known.Result) }
                : Refused(LedgerErrors.KeyReused) with { KeyUsedBy = known.Fingerprint };

        var result = Execute(instruction);
        if (result.Error is null || StoredErrorNames.NameOf(result.Error) is not null)
            _changes.Add(new StoredResult(key, result, instruction.At ?? _now));
        return result;
    }

    // The writer executes an instruction again when the answer to its commit was lost; that is not a replay.
    private static bool IsMadeBy(Instruction instruction, InstructionResult result) => instruction switch
    {
        Movement movement => result.Journals is [var first, ..] && first.Id == movement.Legs[0].Id,
        // Its first journal has the id of the quote, whoever repeats it.
        CurrencyExchange exchange => result.Journals is [_, var second, ..] && second.Id == exchange.PartIds[0],
        _ => result.Journals is [var first, ..] && first.Id == instruction.Id,
    };

    private InstructionResult Execute(Instruction instruction)
    {
        _changes.Begin();
        var result = instruction switch
        {
            Movement movement => Execute(movement),
            Reversal reversal => Execute(reversal),
            Reservation reservation => Execute(reservation),
            Capture capture => Execute(capture),
            Release release => Execute(release),
            CurrencyExchange exchange => Execute(exchange),
            _ => throw new ArgumentException($"Unknown instruction {instruction.GetType().Name}.", nameof(instruction)),
        };
        if (result.Error is not null)
            _changes.Undo();
        return result;
    }

    private InstructionResult Execute(Movement movement)
    {
        if (movement.Legs.Count is < 1 or > Instruction.MaxLegs)
            throw new ArgumentException($"A movement has 1 to {Instruction.MaxLegs} legs, not {movement.Legs.Count}.", nameof(movement));

        var (journals, legs) = (new Journal[movement.Legs.Count], new MovedMoney[movement.Legs.Count]);
        for (var i = 0; i < legs.Length; i++)
        {
            var leg = movement.Legs[i];
            var (source, destination) = (_changes.Find(leg.SourceId), _changes.Find(leg.DestinationId));
            if (source is null || destination is null || !IsAllowed(movement, source, destination))
                return Refused(LedgerErrors.WalletNotFound) with { RefusedLeg = i };
            if (!_limits.Allow(leg.Amount))
                return Refused(LedgerErrors.AmountTooLarge) with { RefusedLeg = i };

            var journal = new Journal
            {
                Id = leg.Id,
                Kind = movement.Kind,
                SourceId = leg.SourceId,
                DestinationId = leg.DestinationId,
                Amount = leg.Amount,
                OperationId = leg.Id == movement.Id ? null : movement.Id,
                InitiatedBy = movement.By,
                Description = leg.Description,
                RecordedAt = RecordedAt(movement, source, destination),
            };
            if (Move(journal, source, destination, Money.Zero(source.Currency), out legs[i]) is { } refusal)
                return Refused(refusal) with { RefusedLeg = i };
            journals[i] = journal;
        }

        var recordedAt = journals[^1].RecordedAt;
        IDomainEvent happened = movement.Kind switch
        {
            JournalKind.Transfer => new TransferPosted(movement.Id, movement.By, legs, recordedAt),
            JournalKind.Deposit => new MoneyDeposited(movement.Id, movement.By, legs, recordedAt),
            JournalKind.Withdrawal => new MoneyWithdrawn(movement.Id, movement.By, legs, recordedAt),
            JournalKind.ProviderFee => new ProviderFeeCharged(movement.Id, legs, recordedAt),
            _ => throw new ArgumentException($"{movement.Kind} is not a movement.", nameof(movement)),
        };
        AddEvent("Transfer", movement.Id, 1, happened, movement);
        return new InstructionResult { Journals = journals };
    }

    private InstructionResult Execute(CurrencyExchange exchange)
    {
        var (source, destination) = (_changes.Find(exchange.FromWalletId), _changes.Find(exchange.ToWalletId));
        if (source is null || destination is null || !IsOwn(exchange, source) || !IsOwn(exchange, destination))
            return Refused(LedgerErrors.WalletNotFound);
        if (_changes.IsQuoteUsed(exchange.Id))
            return Refused(LedgerErrors.QuoteUsed);
        if (exchange.ExpiresAt <= (exchange.At ?? _now))
            return Refused(LedgerErrors.QuoteExpired);

        var terms = exchange.Terms;
        if (!_limits.Allow(terms.Sell) || !_limits.Allow(terms.Buy))
            return Refused(LedgerErrors.AmountTooLarge);

        var (journals, legs) = (new List<Journal>(), new List<MovedMoney>());
        foreach (var (kind, from, to, amount) in exchange.Parts)
        {
            var (payer, receiver) = (_changes.Require(from), _changes.Require(to));
            var journal = new Journal
            {
                Id = journals.Count == 0 ? exchange.Id : exchange.PartIds[journals.Count - 1],
                Kind = kind,
                SourceId = from,
                DestinationId = to,
                Amount = amount,
                OperationId = journals.Count == 0 ? null : exchange.Id,
                InitiatedBy = exchange.By,
                RecordedAt = RecordedAt(exchange, payer, receiver),
            };
            if (Move(journal, payer, receiver, Money.Zero(amount.Currency), out var moved) is { } refusal)
                return Refused(refusal);
            journals.Add(journal);
            legs.Add(moved);
        }

        var recordedAt = journals[^1].RecordedAt;
        _changes.Add(
            new ExecutedExchange(exchange.Id, source.OwnerId, exchange.FromWalletId, exchange.ToWalletId, terms, recordedAt));
        var happened = new MoneyExchanged(exchange.Id, exchange.By, terms.Sell, terms.Buy, terms.Fee, legs, recordedAt);
        AddEvent("Exchange", exchange.Id, 1, happened, exchange);
        return new InstructionResult { Journals = journals };
    }

    private InstructionResult Execute(Reversal reversal)
    {
        if (_changes.FindOriginal(reversal.OriginalId) is not { } found)
            return Refused(LedgerErrors.TransferNotFound);

        var original = found.Journal;
        if (original.Kind is JournalKind.Hold or JournalKind.Void or JournalKind.Expiry)
            return Refused(LedgerErrors.TransferNotFound);
        if (original.Kind is JournalKind.Reversal or JournalKind.Exchange or JournalKind.Fee or JournalKind.Rounding
            or JournalKind.ProviderFee)
            return Refused(LedgerErrors.NotReversible);
        if (FindLock(original.DestinationId, reversal) is { } locked)
            return Refused(locked);
        // Money that a provider received goes back through the provider.
        if (SystemAccounts.IsClearing(_changes.Require(original.SourceId).Kind))
            return Refused(LedgerErrors.PaymentMoney);
        if (reversal.Amount is { } asked && asked.Currency != original.Amount.Currency)
            return Refused(LedgerErrors.CurrencyMismatch);

        var left = original.Amount - found.Reversed;
        if (left.IsZero)
            return Refused(LedgerErrors.AlreadyReversed);
        var amount = reversal.Amount ?? left;
        if (amount > left)
            return Refused(LedgerErrors.ReversalExceeded);

        var (source, destination) = (_changes.Require(original.DestinationId), _changes.Require(original.SourceId));
        var journal = new Journal
        {
            Id = reversal.Id,
            Kind = JournalKind.Reversal,
            SourceId = source.Id,
            DestinationId = destination.Id,
            Amount = amount,
            ReversesId = original.Id,
            InitiatedBy = reversal.By,
            Description = reversal.Description,
            RecordedAt = RecordedAt(reversal, source, destination),
        };
        if (Move(journal, source, destination, Money.Zero(amount.Currency), out var moved) is { } refusal)
            return Refused(refusal);

        _changes.Set(found with { Reversed = found.Reversed + amount });
        var happened = new TransferReversed(reversal.Id, original.Id, reversal.By, [moved], journal.RecordedAt);
        AddEvent("Transfer", reversal.Id, 1, happened, reversal);
        return new InstructionResult { Journals = [journal] };
    }

    private InstructionResult Execute(Reservation reservation)
    {
        if (reservation.ExpiresAt <= (reservation.At ?? _now))
            return Refused(LedgerErrors.ExpiryPassed);

        var (source, destination) = (_changes.Find(reservation.SourceId), _changes.Find(reservation.DestinationId));
        if (source is null || destination is null || !IsOwn(reservation, source)
            || !IsDestination(reservation, destination))
            return Refused(LedgerErrors.WalletNotFound);
        if (!_limits.Allow(reservation.Amount))
            return Refused(LedgerErrors.AmountTooLarge);
        if (Validate(source, destination, reservation.Amount) is { } invalid)
            return Refused(invalid);
        if (reservation.By is { } by && _changes.OpenHolds(by) >= _limits.MaxOpenHolds)
            return Refused(LedgerErrors.TooManyHolds);
        if (Spend(source, destination, reservation.Amount) is { } overLimit)
            return Refused(overLimit);

        var hold = new Hold
        {
            Id = reservation.Id,
            SourceId = source.Id,
            DestinationId = destination.Id,
            Amount = reservation.Amount,
            Captured = Money.Zero(reservation.Amount.Currency),
            Description = reservation.Description,
            CreatedBy = reservation.By,
            RecordedAt = RecordedAt(reservation, source),
            ExpiresAt = reservation.ExpiresAt,
        };
        var journal = JournalOf(hold, JournalKind.Hold, reservation.Id, hold.Amount, reservation, hold.RecordedAt);
        if (Post(journal, source, Money.Zero(hold.Amount.Currency), hold.Amount) is { } refusal)
            return Refused(refusal);

        _changes.Add(journal);
        _changes.Set(hold);
        _changes.CountOpenHolds(source, 1);
        var happened = new MoneyHeld(
            hold.Id, hold.CreatedBy, source.Id, source.Version + 1, destination.Id, hold.Amount, hold.ExpiresAt, hold.RecordedAt);
        AddEvent("Hold", hold.Id, hold.Version, happened, reservation);
        return new InstructionResult { Journals = [journal], Hold = hold };
    }

    private InstructionResult Execute(Capture capture)
    {
        if (_changes.FindHold(capture.HoldId) is not { } hold || !IsOwn(capture, _changes.Require(hold.SourceId)))
            return Refused(LedgerErrors.HoldNotFound);
        if (FindLock(hold.DestinationId, capture) is { } locked)
            return Refused(locked);
        if (hold.Status != HoldStatus.Open || IsDue(hold, capture))
            return Refused(LedgerErrors.HoldClosed);
        if (capture.Amount is { } asked && asked.Currency != hold.Amount.Currency)
            return Refused(LedgerErrors.CurrencyMismatch);

        var amount = capture.Amount ?? hold.Remaining;
        if (amount > hold.Remaining)
            return Refused(LedgerErrors.HoldExceeded);

        var (source, destination) = (_changes.Require(hold.SourceId), _changes.Require(hold.DestinationId));
        var journal = JournalOf(hold, JournalKind.Capture, capture.Id, amount, capture, RecordedAt(capture, source, destination));
        if (Move(journal, source, destination, -amount, out var moved) is { } refusal)
            return Refused(refusal);

        hold = hold.Capture(amount);
        _changes.Set(hold);
        if (hold.Status != HoldStatus.Open)
            _changes.CountOpenHolds(source, -1);
        var happened = new HoldCaptured(hold.Id, capture.By, moved, hold.Remaining, journal.RecordedAt);
        AddEvent("Hold", hold.Id, hold.Version, happened, capture);
        return new InstructionResult { Journals = [journal], Hold = hold };
    }

    private InstructionResult Execute(Release release)
    {
        if (_changes.FindHold(release.HoldId) is not { } hold || !(release.Expired || IsOwn(release, _changes.Require(hold.SourceId))))
            return Refused(LedgerErrors.HoldNotFound);
        if (!release.Expired && FindLock(hold.DestinationId, release) is { } locked)
            return Refused(locked);
        // A hold that is due has expired, and only the expiry can end it.
        if (hold.Status != HoldStatus.Open || IsDue(hold, release) != release.Expired)
            return Refused(LedgerErrors.HoldClosed);

        var source = _changes.Require(hold.SourceId);
        var kind = release.Expired ? JournalKind.Expiry : JournalKind.Void;
        var journal = JournalOf(hold, kind, release.Id, hold.Remaining, release, RecordedAt(release, source));
        if (Post(journal, source, Money.Zero(hold.Amount.Currency), -hold.Remaining) is { } refusal)
            return Refused(refusal);

        _changes.Add(journal);
        GiveBack(source, _changes.Require(hold.DestinationId), hold);
        hold = hold.End(release.Expired ? HoldStatus.Expired : HoldStatus.Voided);
        _changes.Set(hold);
        _changes.CountOpenHolds(source, -1);
        IDomainEvent happened = release.Expired
            ? new HoldExpired(hold.Id, source.Id, source.Version + 1, journal.Amount, journal.RecordedAt)
            : new HoldVoided(hold.Id, release.By, source.Id, source.Version + 1, journal.Amount, journal.RecordedAt);
        AddEvent("Hold", hold.Id, hold.Version, happened, release);
        return new InstructionResult { Journals = [journal], Hold = hold };
    }

    /// <returns>The error, or <c>null</c>. After an error only the source may have changed, and the caller undoes it.</returns>
    private Error? Move(Journal journal, Account source, Account destination, Money held, out MovedMoney moved)
    {
        moved = new MovedMoney(journal.Id, source.Id, source.Version + 1, destination.Id, destination.Version + 1, journal.Amount);
        var refusal = Validate(source, destination, journal.Amount)
            ?? (journal.Kind == JournalKind.Transfer ? Spend(source, destination, journal.Amount) : null)
            ?? Post(journal, source, -journal.Amount, held)
            ?? Post(journal, destination, journal.Amount, Money.Zero(destination.Currency));
        if (refusal is null)
            _changes.Add(journal);
        return refusal;
    }

    private static Error? Validate(Account source, Account destination, Money amount)
    {
        if (!amount.IsPositive)
            throw new ArgumentException($"An amount is above zero, not {amount}.", nameof(amount));

        return source.Id == destination.Id ? LedgerErrors.SameWallet
            : source.Currency != amount.Currency || destination.Currency != amount.Currency ? LedgerErrors.CurrencyMismatch
            : source.Status == AccountStatus.Closed || destination.Status == AccountStatus.Closed ? LedgerErrors.WalletClosed
            : null;
    }

    private Error? Post(Journal journal, Account account, Money posted, Money held)
    {
        if (account.After(posted, held, journal.RecordedAt) is not { } after)
            return LedgerErrors.BalanceLimit;
        // A posting that increases the available amount is always allowed.
        if (after.MinAvailable is { } least && after.Available < least && after.Available < account.Available)
            return LedgerErrors.InsufficientFunds;

        _changes.Add(after, new Posting(account.Id, after.Version, journal.Id, posted, after.Posted, after.Held, journal.RecordedAt));
        return null;
    }

    /// <summary>Counts an amount against the spending limits of the wallet and of its owner.</summary>
    /// <returns>The error when a limit would be exceeded.</returns>
    private Error? Spend(Account source, Account destination, Money amount)
    {
        if (!source.IsLimited)
            return null;

        foreach (var (subject, spending) in SpendingOf(source, destination))
        {
            var whose = subject.SubjectId == source.Id ? "of this wallet" : $"of all your wallets in {amount.Currency.Code} together";
            if (spending.Refuse(amount, whose) is { } refusal)
                return refusal;
            _changes.Set(subject, spending.Add(amount));
        }

        return null;
    }

    /// <summary>Gives back what a hold releases.</summary>
    private void GiveBack(Account source, Account destination, Hold hold)
    {
        if (!source.IsLimited)
            return;

        foreach (var (subject, spending) in SpendingOf(source, destination))
            _changes.Set(subject, spending.Return(hold.Remaining, hold.RecordedAt));
    }

    /// <summary>The limits of a wallet and of its owner; between the wallets of one user only those of the wallet count.</summary>
    private IEnumerable<((Guid SubjectId, string Currency) Subject, Spending Spending)> SpendingOf(Account source, Account destination)
    {
        // The refund of a payment goes back to where the money came from.
        if (SystemAccounts.IsClearing(destination.Kind))
            yield break;

        Guid?[] subjects = [source.Id, source.OwnerId == destination.OwnerId ? null : source.OwnerId];
        foreach (var id in subjects.OfType<Guid>())
        {
            var subject = (id, source.Currency.Code);
            if (_changes.FindSpending(subject) is { } spending)
                yield return (subject, spending);
        }
    }

    private void AddEvent(string aggregate, Guid id, long version, IDomainEvent happened, Instruction instruction) =>
        _changes.Add(new LedgerEvent(aggregate, id, version, happened, instruction.TraceParent, instruction.At ?? _now));

    // An order or a refund and its money change together, so nobody else ends its hold or takes its money back.
    private Error? FindLock(Guid destinationId, Instruction instruction) => _changes.Require(destinationId).Kind switch
    {
        AccountKind.Sales when !instruction.IsOfOrder => LedgerErrors.OrderMoney,
        AccountKind.StripeClearing or AccountKind.YookassaClearing when !instruction.IsOfPayment => LedgerErrors.PaymentMoney,
        _ => null,
    };

    private static bool IsDestination(Reservation reservation, Account destination) =>
        reservation.IsOfOrder ? destination.Kind == AccountKind.Sales
        : reservation.IsOfPayment ? SystemAccounts.IsClearing(destination.Kind)
        : destination.Kind == AccountKind.Wallet;

    private bool IsDue(Hold hold, Instruction instruction) => hold.ExpiresAt <= (instruction.At ?? _now);

    private static bool IsAllowed(Movement movement, Account source, Account destination) => movement.Kind switch
    {
        JournalKind.Transfer => IsOwn(movement, source) && destination.Kind == AccountKind.Wallet,
        JournalKind.Deposit when movement.IsOfPayment =>
            SystemAccounts.IsClearing(source.Kind) && destination.Kind is (AccountKind.Wallet or AccountKind.Suspense),
        JournalKind.Withdrawal when movement.IsOfPayment =>
            source.Kind is (AccountKind.Wallet or AccountKind.Suspense) && SystemAccounts.IsClearing(destination.Kind),
        JournalKind.Deposit => source.Kind == AccountKind.Cash && destination.Kind == AccountKind.Wallet,
        JournalKind.Withdrawal => source.Kind == AccountKind.Wallet && destination.Kind == AccountKind.Cash,
        JournalKind.ProviderFee => source.Kind == AccountKind.ProviderFees && SystemAccounts.IsClearing(destination.Kind),
        _ => false,
    };

    private static bool IsOwn(Instruction instruction, Account source) =>
        source.Kind == AccountKind.Wallet && (instruction.By is null || source.OwnerId == instruction.By);

    private DateTimeOffset RecordedAt(Instruction instruction, Account account, Account? other = null)
    {
        var at = instruction.At ?? _now;
        if (at < account.RecordedAt)
            at = account.RecordedAt;
        return other is not null && at < other.RecordedAt ? other.RecordedAt : at;
    }

    private static Journal JournalOf(
        Hold hold, JournalKind kind, Guid id, Money amount, Instruction instruction, DateTimeOffset recordedAt) =>
        new()
        {
            Id = id,
            Kind = kind,
            SourceId = hold.SourceId,
            DestinationId = hold.DestinationId,
            Amount = amount,
            HoldId = hold.Id,
            InitiatedBy = instruction.By,
            Description = hold.Description,
            RecordedAt = recordedAt,
        };

    private static InstructionResult Refused(Error refusal) => new() { Error = refusal };
}
