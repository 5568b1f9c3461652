using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Ledger;

/// <summary>The last round trip: writes all rows of a decision, checks that no account version changed, and commits.</summary>
internal sealed class WriteStatements
{
    private readonly RowStatement<Journal> _journals = new RowStatement<Journal>(
        $"""
        INSERT INTO ledger.journals ({LedgerRows.JournalColumns})
        SELECT {RowStatement.Columns(12)}
        """)
        .With(j => j.Id).With(j => EnumNames<JournalKind>.Of(j.Kind)).With(j => j.SourceId).With(j => j.DestinationId)
        .With(j => j.Amount.Currency.Code).With(j => j.Amount.MinorUnits)
        .With(j => j.OperationId).With(j => j.ReversesId).With(j => j.HoldId)
        .With(j => j.InitiatedBy).With(j => j.Description).With(j => j.RecordedAt);

    private readonly RowStatement<Posting> _postings = new RowStatement<Posting>(
        $"""
        INSERT INTO ledger.postings (account_id, account_version, journal_id, amount, posted_after, held_after, recorded_at)
        SELECT {RowStatement.Columns(7)}
        """)
        .With(p => p.AccountId).With(p => p.AccountVersion).With(p => p.JournalId)
        .With(p => p.Amount.MinorUnits).With(p => p.PostedAfter.MinorUnits).With(p => p.HeldAfter.MinorUnits).With(p => p.RecordedAt);

    private readonly RowStatement<Hold>? _holds;
    private readonly RowStatement<ExecutedExchange>? _exchanges;
    private readonly RowStatement<Spending>? _spending;

    private readonly RowStatement<StoredResult> _keys = new RowStatement<StoredResult>(
        $"INSERT INTO ledger.idempotency (owner_id, key, fingerprint, outcome, recorded_at) SELECT {RowStatement.Columns(5)}")
        .With(k => k.Key.OwnerId).With(k => k.Key.Key).With(k => k.Key.Fingerprint.ToArray())
        .With(k => ResultText.Write(k.Result)).With(k => k.RecordedAt);

    private readonly RowStatement<OutboxMessage> _events = new RowStatement<OutboxMessage>(
        $"""
        INSERT INTO outbox (id, aggregate_type, aggregate_id, aggregate_version, type, data, trace_parent, occurred_at, group_id)
        SELECT {RowStatement.Columns(8)}, {OutboxGroup.IdSql}
        """)
        .With(e => e.Id).With(e => e.AggregateType).With(e => e.AggregateId).With(e => e.AggregateVersion)
        .With(e => e.Type).WithText(e => e.Data).With(e => e.TraceParent).With(e => e.OccurredAt);

    private readonly RowStatement<(Account Account, long Before)> _accounts;

    private readonly bool _withEvents;

    /// <param name="connection">The connection.</param>
    /// <param name="withHistory">Whether a decision may have holds, exchanges and spending.</param>
    /// <param name="withEvents">Whether events are written to the outbox.</param>
    /// <param name="isAlone">Whether nothing was read and locked before: this is the whole transaction.</param>
    public WriteStatements(NpgsqlConnection connection, bool withHistory, bool withEvents, bool isAlone = false)
    {
        _withEvents = withEvents;
        _accounts = new RowStatement<(Account Account, long Before)>(
            // The ids are used twice, so that the accounts are always looked up by id, in their order; the rest is a hash join.
            $"""
            WITH moved AS (
                UPDATE ledger.accounts a SET posted = u.posted, held = u.held, version = u.version, recorded_at = u.recorded_at
                FROM (SELECT {RowStatement.Columns(6)}) AS u (id, version_before, posted, held, version, recorded_at)
                WHERE a.id = ANY($1) AND a.id = u.id AND a.version = u.version_before
                    {(isAlone ? "AND a.status = 'open' AND NOT a.is_limited" : "")}
                RETURNING 1)
            SELECT ledger.expect_rows((SELECT count(*) FROM moved), cardinality($1))
            """)
            .With(a => a.Account.Id).With(a => a.Before).With(a => a.Account.Posted.MinorUnits).With(a => a.Account.Held.MinorUnits)
            .With(a => a.Account.Version).With(a => a.Account.RecordedAt);
        if (withHistory)
        {
            _holds = new RowStatement<Hold>(
                $"""
                INSERT INTO ledger.holds ({LedgerRows.HoldColumns}) SELECT {RowStatement.Columns(12)}
                ON CONFLICT (id) DO UPDATE SET captured = excluded.captured, status = excluded.status, version = excluded.version
                """)
                .With(h => h.Id).With(h => h.SourceId).With(h => h.DestinationId)
                .With(h => h.Amount.Currency.Code).With(h => h.Amount.MinorUnits).With(h => h.Captured.MinorUnits)
                .With(h => EnumNames<HoldStatus>.Of(h.Status)).With(h => h.Version).With(h => h.Description)
                .With(h => h.CreatedBy).With(h => h.RecordedAt).With(h => h.ExpiresAt);
            _exchanges = new RowStatement<ExecutedExchange>(
                $"""
                INSERT INTO ledger.exchanges ({LedgerRows.ExchangeColumns})
                SELECT {RowStatement.Columns(13)}
                """)
                .With(e => e.Id).With(e => e.OwnerId).With(e => e.FromWalletId).With(e => e.ToWalletId)
                .With(e => e.Terms.Sell.Currency.Code).With(e => e.Terms.Sell.MinorUnits)
                .With(e => e.Terms.Buy.Currency.Code).With(e => e.Terms.Buy.MinorUnits)
                .With(e => e.Terms.Fee.MinorUnits).With(e => e.Terms.Rounded.MinorUnits)
                .With(e => e.Terms.Price).With(e => e.Terms.Rounding).With(e => e.RecordedAt);
            _spending = SpendingRows.Update();
        }

        // Without locks before, the accounts are first: nobody waits for a row of somebody who waits for an account.
        NpgsqlBatchCommand?[] begin = isAlone ? [new(ReadStatements.Begin), _accounts.Command] : [];
        NpgsqlBatchCommand?[] commands =
        [
            .. begin, _journals.Command, _postings.Command, _holds?.Command, _exchanges?.Command, _spending?.Command, _keys.Command,
            withEvents ? _events.Command : null, isAlone ? null : _accounts.Command, new("COMMIT"),
        ];
        Batch = new NpgsqlBatch(connection);
        foreach (var command in commands.OfType<NpgsqlBatchCommand>())
            Batch.BatchCommands.Add(command);
    }

    public NpgsqlBatch Batch { get; }

    /// <summary>Fills in the rows of a decision.</summary>
    /// <returns>The events as they will be in the outbox.</returns>
    public OutboxMessage[] Fill(LedgerState before, Decision decision)
    {
        OutboxMessage[] events = _withEvents ? [.. decision.Events.Select(ToMessage)] : [];
        _journals.Fill(decision.Journals);
        _postings.Fill(decision.Postings);
        _holds?.Fill([.. decision.Holds]);
        _exchanges?.Fill(decision.Exchanges);
        _spending?.Fill([.. decision.Spending]);
        _keys.Fill(Sorted(decision.Keys));
        _events.Fill(events);
        _accounts.Fill([.. decision.Accounts.Select(account => (account, before.Accounts[account.Id].Version))]);
        return events;
    }

    private static OutboxMessage ToMessage(LedgerEvent happened) => new()
    {
        Id = Ids.New(happened.RecordedAt),
        AggregateType = happened.AggregateType,
        AggregateId = happened.AggregateId,
        AggregateVersion = happened.Version,
        Type = EventNames.Of(happened.Event),
        Data = EventJson.Write(happened.Event),
        TraceParent = happened.TraceParent,
        OccurredAt = happened.RecordedAt,
    };

    // Two groups can have the same keys but no common account, when keys are reused for another request. Sorted keys avoid a deadlock here.
    private static StoredResult[] Sorted(IReadOnlyList<StoredResult> keys)
    {
        StoredResult[] sorted = [.. keys];
        Array.Sort(sorted, static (left, right) =>
            left.Key.OwnerId.CompareTo(right.Key.OwnerId) is not 0 and var order
                ? order
                : string.CompareOrdinal(left.Key.Key, right.Key.Key));
        return sorted;
    }
}
