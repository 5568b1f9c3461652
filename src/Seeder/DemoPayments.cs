using System.Globalization;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Ledger;
using Portico.Application.Payments;
using Portico.Application.Reconciliations;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Ledger;
using Portico.Domain.Payments;
using Portico.Domain.Wallets;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Seeder;

/// <summary>Gives the first demo users a payment each, and compares the payments with a report of the provider.</summary>
/// <remarks>
/// A payment is paid, refunded in part, waiting, canceled or charged back. The steps of real payments make them, so payments, ledger and
/// clearing account agree. The URL of return marks a demo payment. Every step repeats safely, and a payment that was begun is completed by
/// the next run. Like the other demo data, the payments raise no events.
/// </remarks>
internal sealed class DemoPayments(
    AppDbContext db, ITransaction transaction, IPaymentWork work, ILedgerRecords records, IReconciliations reconciliations,
    DemoMoney money, DatabaseSettings settings, NpgsqlDataSource database, TimeProvider clock)
{
    private const int People = 20;
    private const string ReturnUrl = "https://portico.example/demo-payment";
    private const string CardWallet = "Card";

    private static readonly Guid AfterAll = new("ffffffff-ffff-ffff-ffff-ffffffffffff");
    private static readonly Currency Euro = Currency.Of("EUR");

    private enum Story
    {
        Paid,
        Refunded,
        Waiting,
        Canceled,
        ChargedBack,
    }

    public async Task Run(TextWriter output, CancellationToken cancellationToken)
    {
        await using var source = settings.CreateLedgerDataSource(1);
        await using var session = await LedgerSession.Open(source, cancellationToken, withEvents: false);
        var ledger = new DemoLedger(session);
        var stories = Enum.GetValues<Story>();
        var made = 0;
        foreach (var (number, (owner, wallet)) in (await db.ReadPeople(People, cancellationToken)).Index())
            made += await Ensure(ledger, stories[number % stories.Length], number, owner, wallet, cancellationToken);
        await Reconcile(cancellationToken);
        await output.WriteLineAsync($"payments: {made} changes");
    }

    /// <returns>How many payments were added: one or none.</returns>
    private async Task<int> Ensure(
        DemoLedger ledger, Story story, int number, Guid owner, Guid wallet, CancellationToken cancellationToken)
    {
        var quiet = new QuietTransaction(transaction, db);
        var provider = new DemoProvider(owner);
        var steps = new PaymentSteps(db, quiet, provider, work, ledger, records, clock);
        var known = await Find(owner, cancellationToken);
        var payment = known ?? await Begin(quiet, story, number, owner, wallet, cancellationToken);
        await steps.Start(payment.Id, cancellationToken);
        if (story != Story.Waiting)
            await Complete(ledger, steps, quiet, provider, story, payment, cancellationToken);
        return known is null ? 1 : 0;
    }

    private async Task<Payment> Begin(
        QuietTransaction quiet, Story story, int number, Guid owner, Guid wallet, CancellationToken cancellationToken)
    {
        var paidInto = story == Story.ChargedBack ? await EnsureCardWallet(owner, cancellationToken) : wallet;
        var amount = Money.Of(20 + (5 * number) + (number / 100m), Euro);
        var begun = clock.GetUtcNow() - TimeSpan.FromMinutes(People - number);
        var payment = Payment.Create(owner, paidInto, PaymentProvider.Stripe, amount, ReturnUrl, $"demo {owner}", begun);
        payment.Answered();
        await quiet.Run<Result<Unit>>(
            _ =>
            {
                db.Set<Payment>().Add(payment);
                return Task.FromResult<Result<Unit>>(Unit.Value);
            },
            cancellationToken);
        db.ChangeTracker.Clear();
        return payment;
    }

    private async Task Complete(
        DemoLedger ledger, PaymentSteps steps, QuietTransaction quiet, DemoProvider provider, Story story, Payment payment,
        CancellationToken cancellationToken)
    {
        provider.Remote = story == Story.Canceled
            ? new ProviderPayment { Status = ProviderPaymentStatus.Canceled }
            : new ProviderPayment { Status = ProviderPaymentStatus.Succeeded, Captured = payment.Money, Fee = FeeOf(payment.Money) };
        await steps.Advance(payment.Id, cancellationToken);
        if (story == Story.Refunded)
        {
            var manager = await db.Users.AsNoTracking()
                .Where(user => user.Email == $"manager{DemoSeed.Domain}")
                .Select(user => user.Id)
                .FirstOrDefaultAsync(cancellationToken);
            var half = Money.OfMinorUnits(decimal.Floor(payment.Amount / 2), Euro);
            await quiet.Run<Result<Unit>>(
                async token =>
                {
                    var locked = (await work.Lock(payment.Id, token))!;
                    return locked.Refunds.Count == 0
                        && locked.RequestRefund(half, manager, "One of two was broken", clock.GetUtcNow()).Error is { } refusal
                        ? refusal
                        : Unit.Value;
                },
                cancellationToken);
        }

        if (story == Story.ChargedBack)
        {
            // The user has spent the money when the bank takes it back: the wallet can't pay, so a manager must look at the payment.
            await ledger.Execute(
                Movement.Withdrawal(SpendingOf(payment), by: null, payment.WalletId, payment.Money, "Cash machine"), cancellationToken);
            provider.TakeBack(payment.Money);
        }

        if (story is Story.Refunded or Story.ChargedBack)
            await steps.Advance(payment.Id, cancellationToken);
        await AddWebhook(payment.Id, cancellationToken);
    }

    /// <summary>Compares the payments with a report of the provider that lacks one of them, unless there is a reconciliation.</summary>
    private async Task Reconcile(CancellationToken cancellationToken)
    {
        if ((await reconciliations.List(AfterAll, 1, cancellationToken)).Count > 0)
            return;
        var payments = await db.Set<Payment>().AsNoTracking().OfEveryOwner().Include(payment => payment.Refunds)
            .Where(payment => payment.ReturnUrl == ReturnUrl && payment.Captured != null)
            .OrderBy(payment => payment.Id)
            .ToListAsync(cancellationToken);
        if (payments.Count == 0)
            return;

        var now = clock.GetUtcNow();
        var period = new NewReconciliation(
            Ids.New(now), PaymentProvider.Stripe, payments.Min(payment => payment.EndedAt!.Value).AddMinutes(-1), now.AddMinutes(1),
            By: null, now);
        var report = Encoding.UTF8.GetBytes(ReportOf(payments.Skip(1)));
        var compared = await transaction.Run(
            token => reconciliations.Compare(period, new MemoryStream(report), token), cancellationToken);
        compared.ValueOrThrow();
    }

    private static string ReportOf(IEnumerable<Payment> payments)
    {
        var report = new StringBuilder(
            "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,payment_intent_id\r\n");
        foreach (var payment in payments)
        {
            Add(payment, payment.EndedAt, payment.CapturedMoney!.Value.Amount, Money.OfMinorUnits(payment.Fee ?? 0, Euro).Amount, "charge",
                $"ch_{payment.Id:N}");
            foreach (var refund in payment.Refunds)
                Add(payment, refund.EndedAt, -refund.Money.Amount, 0m, "refund", refund.ProviderId);
        }

        return report.ToString();

        void Add(Payment payment, DateTimeOffset? at, decimal gross, decimal fee, string category, string? source) => report.Append(
            CultureInfo.InvariantCulture,
            $"txn_{source},{at:yyyy-MM-dd HH:mm:ss},eur,{gross:0.00},{fee:0.00},{gross - fee:0.00},"
            + $"{category},{source},{payment.ProviderId}\r\n");
    }

    private Task<Payment?> Find(Guid owner, CancellationToken cancellationToken) =>
        db.Set<Payment>().AsNoTracking().OfEveryOwner()
            .OrderBy(payment => payment.Id)
            .FirstOrDefaultAsync(payment => payment.OwnerId == owner && payment.ReturnUrl == ReturnUrl, cancellationToken);

    private async Task<Guid> EnsureCardWallet(Guid owner, CancellationToken cancellationToken)
    {
        var known = await db.Wallets.AsNoTracking().OfEveryOwner()
            .Where(wallet => wallet.OwnerId == owner && wallet.Name == CardWallet && wallet.Currency == Euro
                && wallet.Status == WalletStatus.Open)
            .OrderBy(wallet => wallet.Id)
            .FirstOrDefaultAsync(cancellationToken);
        if (known is not null)
            return known.Id;

        var wallet = Wallet.Open(owner, CardWallet, Euro, clock.GetUtcNow());
        await money.Open([wallet], clock.GetUtcNow(), cancellationToken);
        return wallet.Id;
    }

    /// <summary>The notification of the provider, which has been handled.</summary>
    private async Task AddWebhook(Guid paymentId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO payment_webhooks (provider, event_id, kind, provider_payment_id, received_at, due_at, handled_at)
            SELECT provider, 'evt_demo_' || id,
                CASE WHEN status = 'canceled' THEN 'payment_intent.canceled' ELSE 'payment_intent.succeeded' END,
                provider_id, ended_at, ended_at, ended_at
            FROM payments WHERE id = $1 ON CONFLICT DO NOTHING
            """).With(paymentId);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static Money FeeOf(Money amount) =>
        Money.Of(decimal.Round((amount.Amount * 0.015m) + 0.25m, Euro.Decimals, MidpointRounding.AwayFromZero), Euro);

    private static Guid SpendingOf(Payment payment) => DerivedIds.Of(payment.Id, "demo spending");

    /// <summary>The write path of the ledger, without the queue of a server.</summary>
    private sealed class DemoLedger(LedgerSession session) : ILedger
    {
        public async Task<InstructionResult> Execute(Instruction instruction, CancellationToken cancellationToken) =>
            (await session.Execute([instruction]))[0];
    }

    /// <summary>Saves without events.</summary>
    private sealed class QuietTransaction(ITransaction inner, AppDbContext db) : ITransaction
    {
        public Task<TResult> Run<TResult>(Func<CancellationToken, Task<TResult>> work, CancellationToken cancellationToken)
            where TResult : IResult<TResult> =>
            inner.Run(
                async token =>
                {
                    var result = await work(token);
                    await db.SaveQuietly(token);
                    return result;
                },
                cancellationToken);

        public void AfterCommit(Func<CancellationToken, Task> work) => inner.AfterCommit(work);
    }
}
