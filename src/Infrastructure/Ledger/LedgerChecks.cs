using Portico.Infrastructure.HashChain;

namespace Portico.Infrastructure.Ledger;

/// <summary>A promise of the ledger, and the SQL that finds a row which breaks it.</summary>
/// <remarks>The rows have a place, and a problem if they are wrong.</remarks>
internal sealed record LedgerCheck(string Name, string Promise, string Table, string Rows)
{
    /// <summary>Returns the first wrong row and its problem, or nothing.</summary>
    public string Sql => $"SELECT place, problem FROM ({Rows}) AS judged WHERE problem IS NOT NULL ORDER BY place LIMIT 1";
}

/// <summary>All checks of the ledger verification.</summary>
internal static class LedgerChecks
{
    /// <summary>The promises that <see cref="PostingsSql"/> checks, in the order of their importance.</summary>
    public static readonly IReadOnlyList<(string Name, string Promise)> OfPostings =
    [
        ("versions", "The postings of an account are numbered from 1 without a gap."),
        ("balances", "The balance after a posting is the balance before it plus its amount."),
        ("heldBalances", "The held amount after a posting is the held amount before it plus what its journal reserved or released."),
        ("order", "The postings of an account are recorded in the order of their versions."),
        ("journalFit", "A posting changes its account as its journal says."),
    ];

    public const string PostingsTable = "ledger.postings";

    /// <summary>Finds the end of a part of the postings: the key of the row at an offset after a key.</summary>
    public const string PartEndSql =
        """
        SELECT account_id, account_version FROM ledger.postings
        WHERE (account_id, account_version) > ($1, $2) ORDER BY account_id, account_version OFFSET $3 LIMIT 1
        """;

    /// <summary>Checks the postings after a key up to another key; the row of the first key is read too, as the row before.</summary>
    public const string PostingsSql =
        """
        WITH part AS (
            SELECT p.*, lag(p.account_version) OVER w AS version_before, lag(p.posted_after) OVER w AS posted_before,
                lag(p.held_after) OVER w AS held_before, lag(p.recorded_at) OVER w AS recorded_before
            FROM ledger.postings p
            WHERE (p.account_id, p.account_version) >= ($1, $2) AND (p.account_id, p.account_version) <= ($3, $4)
            WINDOW w AS (PARTITION BY p.account_id ORDER BY p.account_version)
        ), meant AS (
            SELECT part.*, j.id AS known_id, j.kind, j.recorded_at AS journal_recorded_at, j.currency AS journal_currency, a.currency,
                CASE WHEN j.kind IN ('hold', 'void', 'expiry') THEN CASE WHEN part.account_id = j.source_id THEN 0 END
                    WHEN part.account_id = j.source_id THEN -j.amount
                    WHEN part.account_id = j.destination_id THEN j.amount END AS meant_amount,
                CASE WHEN part.account_id <> j.source_id THEN 0
                    WHEN j.kind = 'hold' THEN j.amount WHEN j.kind IN ('capture', 'void', 'expiry') THEN -j.amount ELSE 0 END AS meant_held
            FROM part LEFT JOIN ledger.journals j ON j.id = part.journal_id LEFT JOIN ledger.accounts a ON a.id = part.account_id
            WHERE (part.account_id, part.account_version) > ($1, $2)
        ), judged AS (
            SELECT account_id, account_version,
                CASE WHEN account_version <> coalesce(version_before, 0) + 1
                    THEN format('Version %s follows %s.', account_version, coalesce(version_before, 0)) END AS versions,
                CASE WHEN posted_after <> coalesce(posted_before, 0) + amount
                    THEN format('The balance is %s after %s and an amount of %s.', posted_after, coalesce(posted_before, 0), amount)
                    END AS balances,
                CASE WHEN held_after <> coalesce(held_before, 0) + meant_held
                    THEN format('%s is held after %s and a %s of %s.', held_after, coalesce(held_before, 0), kind, abs(meant_held))
                    END AS held_balances,
                CASE WHEN recorded_at < recorded_before
                    THEN format('It is recorded at %s, the version before at %s.', recorded_at, recorded_before) END AS recorded_order,
                CASE WHEN known_id IS NULL THEN format('Its journal %s does not exist.', journal_id)
                    WHEN meant_amount IS NULL THEN format('The journal %s is not about this account.', journal_id)
                    WHEN meant_amount <> amount THEN format('The amount is %s, and %s by the journal %s.', amount, meant_amount, journal_id)
                    WHEN journal_recorded_at <> recorded_at
                    THEN format('It is recorded at %s, the journal %s at %s.', recorded_at, journal_id, journal_recorded_at)
                    WHEN journal_currency <> currency
                    THEN format('The account is in %s, the journal %s in %s.', currency, journal_id, journal_currency)
                    END AS journal_fit
            FROM meant
        )
        SELECT DISTINCT ON (c.name) c.name, format('%s version %s', account_id, account_version), c.problem
        FROM judged, LATERAL (VALUES
            ('versions', versions), ('balances', balances), ('heldBalances', held_balances),
            ('order', recorded_order), ('journalFit', journal_fit)) AS c (name, problem)
        WHERE num_nonnulls(versions, balances, held_balances, recorded_order, journal_fit) > 0 AND c.problem IS NOT NULL
        ORDER BY c.name, account_id, account_version
        """;

    /// <summary>The checks with one statement each.</summary>
    public static readonly IReadOnlyList<LedgerCheck> Others =
    [
        new("journals", "Each journal has a posting for each account that it touches, and they add up to zero.", "ledger.journals",
            """
            SELECT j.id::text AS place, CASE
                WHEN p.journal_id IS NULL THEN 'It has no postings.'
                WHEN j.kind IN ('hold', 'void', 'expiry') AND p.postings <> 1 THEN format('It has %s postings instead of 1.', p.postings)
                WHEN j.kind NOT IN ('hold', 'void', 'expiry') AND NOT (p.postings = 2 AND p.paid = 1 AND p.received = 1)
                    THEN format('It has %s postings, %s of them pay and %s receive.', p.postings, p.paid, p.received)
                WHEN p.total <> 0 THEN format('Its postings add up to %s.', p.total) END AS problem
            FROM ledger.journals j LEFT JOIN (
                SELECT journal_id, count(*) AS postings, count(*) FILTER (WHERE amount < 0) AS paid,
                    count(*) FILTER (WHERE amount > 0) AS received, sum(amount) AS total
                FROM ledger.postings GROUP BY journal_id) p ON p.journal_id = j.id
            """),
        new("accounts", "An account agrees with its last posting, and its balance is the sum of its postings.", "ledger.accounts",
            """
            SELECT coalesce(a.id, p.account_id)::text AS place, CASE
                WHEN a.id IS NULL THEN format('%s postings belong to an account that does not exist.', p.postings)
                WHEN a.version <> coalesce(p.last_version, 0)
                THEN format('The version is %s, and %s by the last posting.', a.version, coalesce(p.last_version, 0))
                WHEN a.posted <> coalesce(p.total, 0)
                THEN format('The balance is %s, and the postings add up to %s.', a.posted, coalesce(p.total, 0))
                WHEN a.posted <> coalesce(l.posted_after, 0)
                THEN format('The balance is %s, and %s by the last posting.', a.posted, coalesce(l.posted_after, 0))
                WHEN a.held <> coalesce(l.held_after, 0)
                THEN format('%s is held, and %s by the last posting.', a.held, coalesce(l.held_after, 0))
                WHEN a.recorded_at <> l.recorded_at
                THEN format('It was changed at %s, and at %s by the last posting.', a.recorded_at, l.recorded_at) END AS problem
            FROM ledger.accounts a FULL JOIN (
                SELECT account_id, count(*) AS postings, max(account_version) AS last_version, sum(amount) AS total
                FROM ledger.postings GROUP BY account_id) p ON p.account_id = a.id
            LEFT JOIN ledger.postings l ON l.account_id = a.id AND l.account_version = a.version
            """),
        new("currencies", "The balances of each currency add up to zero.", "ledger.accounts",
            """
            SELECT currency AS place, CASE WHEN sum(posted) <> 0 THEN format('The balances add up to %s.', sum(posted)) END AS problem
            FROM ledger.accounts GROUP BY currency
            """),
        new("limits", "No account is below its limit, and a closed one is empty.", "ledger.accounts",
            """
            SELECT id::text AS place, CASE
                WHEN held < 0 THEN format('%s is held.', held)
                WHEN posted - held < min_available THEN format('%s is available, and the minimum is %s.', posted - held, min_available)
                WHEN status = 'closed' AND (posted <> 0 OR held <> 0)
                THEN format('It is closed with a balance of %s and %s held.', posted, held) END AS problem
            FROM ledger.accounts
            """),
        new("holds", "The held amount of an account is the sum of the remaining amounts of its open holds.", "ledger.accounts",
            """
            SELECT coalesce(a.id, h.source_id)::text AS place, CASE
                WHEN a.id IS NULL THEN 'It has open holds but does not exist.'
                WHEN a.held <> coalesce(h.remaining, 0)
                THEN format('%s is held, and its open holds add up to %s.', a.held, coalesce(h.remaining, 0)) END AS problem
            FROM ledger.accounts a FULL JOIN (
                SELECT source_id, sum(amount - captured) AS remaining
                FROM ledger.holds WHERE status = 'open' GROUP BY source_id) h ON h.source_id = a.id
            """),
        new("captures", "A hold is placed once, captured in parts and released at most once, as its journals say.", "ledger.holds",
            """
            SELECT coalesce(h.id, j.hold_id)::text AS place, CASE
                WHEN h.id IS NULL THEN 'It has journals but does not exist.'
                WHEN coalesce(j.placed, 0) <> 1 THEN format('It was placed %s times.', coalesce(j.placed, 0))
                WHEN j.elsewhere > 0 THEN format('%s of its journals have other accounts or another currency.', j.elsewhere)
                WHEN j.placed_amount <> h.amount THEN format('Its amount is %s, and it was placed with %s.', h.amount, j.placed_amount)
                WHEN coalesce(j.captured, 0) <> h.captured
                THEN format('%s is captured, and its captures add up to %s.', h.captured, coalesce(j.captured, 0))
                WHEN j.voids <> (h.status = 'voided')::int OR j.expiries <> (h.status = 'expired')::int
                    THEN format('It is %s, was voided %s times and expired %s times.', h.status, j.voids, j.expiries)
                WHEN h.status IN ('voided', 'expired') AND j.released <> h.amount - h.captured
                    THEN format('%s was released, and the remaining amount was %s.', j.released, h.amount - h.captured)
                WHEN h.version <> j.journals THEN format('The version is %s after %s journals.', h.version, j.journals) END AS problem
            FROM ledger.holds h FULL JOIN (
                SELECT n.hold_id, count(*) AS journals,
                    count(*) FILTER (WHERE n.kind = 'hold') AS placed, sum(n.amount) FILTER (WHERE n.kind = 'hold') AS placed_amount,
                    sum(n.amount) FILTER (WHERE n.kind = 'capture') AS captured,
                    count(*) FILTER (WHERE n.kind = 'void') AS voids, count(*) FILTER (WHERE n.kind = 'expiry') AS expiries,
                    sum(n.amount) FILTER (WHERE n.kind IN ('void', 'expiry')) AS released,
                    count(*) FILTER (WHERE (n.source_id, n.destination_id, n.currency)
                        IS DISTINCT FROM (o.source_id, o.destination_id, o.currency)) AS elsewhere
                FROM ledger.journals n LEFT JOIN ledger.holds o ON o.id = n.hold_id
                WHERE n.hold_id IS NOT NULL GROUP BY n.hold_id) j ON j.hold_id = h.id
            """),
        new("exchanges", "The journals of an exchange sell, buy and pay the fee and the rounding as its row says.", "ledger.exchanges",
            """
            SELECT coalesce(e.id, j.exchange_id)::text AS place, CASE
                WHEN e.id IS NULL THEN 'It has journals but does not exist.'
                WHEN j.exchange_id IS NULL THEN 'It has no journals.'
                WHEN j.elsewhere > 0 THEN format('%s of its journals have other accounts or another currency.', j.elsewhere)
                WHEN coalesce(j.sold, 0) + coalesce(j.fee, 0) <> e.sold
                THEN format('%s was sold, and its journals add up to %s.', e.sold, coalesce(j.sold, 0) + coalesce(j.fee, 0))
                WHEN coalesce(j.fee, 0) <> e.fee THEN format('The fee is %s, and %s by its journal.', e.fee, coalesce(j.fee, 0))
                WHEN coalesce(j.bought, 0) <> e.bought
                THEN format('%s was bought, and its journals add up to %s.', e.bought, coalesce(j.bought, 0))
                WHEN coalesce(j.rounded, 0) <> e.rounded
                THEN format('%s was rounded away, and %s by its journal.', e.rounded, coalesce(j.rounded, 0)) END AS problem
            FROM ledger.exchanges e FULL JOIN (
                SELECT coalesce(n.operation_id, n.id) AS exchange_id,
                    sum(n.amount) FILTER (WHERE n.kind = 'exchange' AND n.source_id = o.source_id) AS sold,
                    sum(n.amount) FILTER (WHERE n.kind = 'exchange' AND n.destination_id = o.destination_id) AS bought,
                    sum(n.amount) FILTER (WHERE n.kind = 'fee') AS fee,
                    sum(n.amount) FILTER (WHERE n.kind = 'rounding') AS rounded,
                    count(*) FILTER (WHERE NOT CASE
                        WHEN n.kind = 'rounding' THEN n.currency = o.bought_currency
                        WHEN n.source_id = o.source_id THEN n.currency = o.sold_currency
                        ELSE n.kind = 'exchange' AND n.destination_id = o.destination_id AND n.currency = o.bought_currency
                        END) AS elsewhere
                FROM ledger.journals n LEFT JOIN ledger.exchanges o ON o.id = coalesce(n.operation_id, n.id)
                WHERE n.kind IN ('exchange', 'fee', 'rounding') GROUP BY 1) j ON j.exchange_id = e.id
            """),
        new(
            "reversals",
            "A reversal moves money from the destination of its original to the source, and the sum of the reversals never exceeds it.",
            "ledger.journals",
            """
            SELECT r.id::text AS place, CASE
                WHEN o.id IS NULL THEN format('It reverses %s, which does not exist.', r.reverses_id)
                WHEN o.kind NOT IN ('transfer', 'deposit', 'withdrawal', 'capture') THEN format('It reverses a %s.', o.kind)
                WHEN (r.source_id, r.destination_id, r.currency) IS DISTINCT FROM (o.destination_id, o.source_id, o.currency)
                THEN format('It does not move money back between the accounts of %s.', o.id)
                WHEN r.recorded_at < o.recorded_at THEN format('It is recorded at %s, its original at %s.', r.recorded_at, o.recorded_at)
                WHEN sum(r.amount) OVER (PARTITION BY r.reverses_id) > o.amount
                    THEN format('The reversals of %s add up to %s of %s.', o.id, sum(r.amount) OVER (PARTITION BY r.reverses_id), o.amount)
                    END AS problem
            FROM ledger.journals r LEFT JOIN ledger.journals o ON o.id = r.reverses_id
            WHERE r.reverses_id IS NOT NULL
            """),
        new("wallets", "A wallet has one account with its owner, currency and status, or closed for a deleted owner.", "wallets",
            """
            SELECT coalesce(w.id, a.id)::text AS place, CASE
                WHEN a.id IS NULL THEN 'It has no account.'
                WHEN w.id IS NULL THEN 'The account has no wallet.'
                WHEN w.owner_id <> a.owner_id THEN format('It belongs to %s, its account to %s.', w.owner_id, a.owner_id)
                WHEN w.currency <> a.currency THEN format('It is in %s, its account in %s.', w.currency, a.currency)
                WHEN w.status <> a.status AND (w.status = 'closed' OR u.deleted_at IS NULL)
                THEN format('It is %s, its account %s.', w.status, a.status) END AS problem
            FROM wallets w FULL JOIN (SELECT id, owner_id, currency, status FROM ledger.accounts WHERE kind = 'wallet') a ON a.id = w.id
            LEFT JOIN users u ON u.id = w.owner_id
            """),
        // The result is parsed as text, because a cast of a manipulated value would abort the verification.
        new(
            "keys",
            "The stored result of an idempotency key names journals that exist, and each journal belongs to one key at most.",
            "ledger.idempotency",
            """
            SELECT format('%s %s', k.owner_id, k.key) AS place, CASE
                WHEN j.id IS NULL THEN format('Its journal %s does not exist.', k.journal)
                WHEN count(*) OVER (PARTITION BY k.journal) > 1
                THEN format('Its journal %s belongs to %s keys.', k.journal, count(*) OVER (PARTITION BY k.journal)) END AS problem
            FROM (
                SELECT i.owner_id, i.key, journal
                FROM ledger.idempotency i,
                    unnest(string_to_array(translate(substring(i.outcome FROM '"journals":\[([^]]*)\]'), '" ', ''), ',')) AS journal
                WHERE journal <> '') k
            LEFT JOIN ledger.journals j ON j.id::text = k.journal
            """),
        new("sealed", "Each journal up to the newest block of the hash chain is in a block.", "ledger.journals",
            """
            SELECT j.id::text AS place, 'It is in no block, and later journals are.' AS problem
            FROM ledger.journals j CROSS JOIN (
                SELECT b.* FROM ledger.blocks b JOIN pg_control_system() c ON c.system_identifier = b.system_id
                ORDER BY b.height DESC LIMIT 1) head
            WHERE head.up_to_transaction IS NOT NULL AND head.height = (SELECT max(height) FROM ledger.blocks)
                AND (j.transaction_id IS NULL
                    OR (j.transaction_id, j.id) <= (head.up_to_transaction, head.up_to_journal))
                AND NOT EXISTS (SELECT FROM ledger.block_journals m WHERE m.journal_id = j.id)
            """),
        new("members", "Each sealed journal exists, and so does its block.", "ledger.block_journals",
            """
            SELECT m.journal_id::text AS place, CASE
                WHEN b.height IS NULL THEN format('Its block %s does not exist.', m.height)
                WHEN j.id IS NULL THEN 'Its journal does not exist.' END AS problem
            FROM ledger.block_journals m LEFT JOIN ledger.blocks b ON b.height = m.height LEFT JOIN ledger.journals j ON j.id = m.journal_id
            """),
        new("heads", "Each head in the outbox is the hash of its block.", "ledger.blocks",
            $"""
            SELECT o.aggregate_version::text AS place, CASE
                WHEN b.height IS NULL THEN 'Its head was published, and it does not exist.'
                -- Not read as JSON, so that changed data is found and not refused.
                WHEN coalesce(o.data, o.payload::text) !~ format('"hash": ?"%s"', encode(b.hash, 'hex'))
                    THEN 'Another hash of it was published.' END AS problem
            FROM outbox o LEFT JOIN ledger.blocks b ON b.height = o.aggregate_version
            WHERE o.aggregate_id = '{BlockSealer.ChainId}'
            """),
        new(
            "guards",
            "The triggers that protect the history against changes are enabled.",
            "ledger.journals, ledger.postings, ledger.exchanges, ledger.blocks, ledger.block_journals, ledger.chain_keys",
            """
            SELECT format('%s %s', g.relation, g.name) AS place, CASE
                WHEN t.oid IS NULL THEN 'The trigger does not exist.'
                WHEN t.tgenabled NOT IN ('O', 'A') THEN 'The trigger is disabled.' END AS problem
            FROM (VALUES ('ledger.journals', 'journals_append_only'), ('ledger.postings', 'postings_append_only'),
                ('ledger.exchanges', 'exchanges_append_only'), ('ledger.blocks', 'blocks_append_only'),
                ('ledger.block_journals', 'block_journals_append_only'), ('ledger.chain_keys', 'chain_keys_stay')) AS g (relation, name)
            LEFT JOIN pg_trigger t ON t.tgrelid = to_regclass(g.relation) AND t.tgname = g.name
            """),
    ];
}
