using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Payments;
using Portico.Domain.Wallets;

namespace Portico.Application.Payments;

/// <summary>Begins a payment by a provider into a wallet of the caller.</summary>
/// <remarks>
/// Of Stripe the answer has a client secret for its script, of YooKassa a URL to send the user to. The wallet gets the money after the
/// provider has received it. After 503 the same key may be sent again: it begins no second payment.
/// </remarks>
/// <example>
/// {"walletId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","amount":{"amount":"25.00","currency":"EUR"},"provider":"stripe",
/// "returnUrl":"https://app.example.com/paid"}
/// </example>
[Authenticated]
public sealed record CreatePayment : ICommand<PaymentDto>, INeedsIdempotencyKey, IOwnTransaction
{
    /// <summary>The wallet that gets the money.</summary>
    public required Guid WalletId { get; init; }

    /// <summary>In the currency of the wallet.</summary>
    public required Money Amount { get; init; }

    public required PaymentProvider Provider { get; init; }

    /// <summary>Where the user returns to after paying: a URL of an origin in Payments:ReturnOrigins.</summary>
    public required string ReturnUrl { get; init; }
}

internal sealed class CreatePaymentValidator : AbstractValidator<CreatePayment>
{
    public CreatePaymentValidator()
    {
        RuleFor(c => c.Amount).IsAmount();
        RuleFor(c => c.Provider).IsInEnum();
        RuleFor(c => c.ReturnUrl).Must(url => url?.Length <= Payment.MaxUrlLength)
            .WithMessage($"Give a URL of at most {Payment.MaxUrlLength} characters.");
    }
}

internal sealed class CreatePaymentHandler(
    IAppDbContext db, ITransaction transaction, IPaymentProviders providers, IPaymentWork work, PaymentSteps steps,
    IRequestKeys keys, IRecordLimits limits, IdempotentRequest request, ICurrentUser caller, TimeProvider clock)
    : ICommandHandler<CreatePayment, PaymentDto>
{
    private const string Name = "The payment provider";

    private static readonly Error ForeignUrl =
        CommonErrors.Validation("returnUrl", "Give a URL of an origin that this installation allows to return to.");

    public async Task<Result<PaymentDto>> Handle(CreatePayment command, CancellationToken cancellationToken)
    {
        if (providers.Find(command.Provider) is not { } provider)
            return PaymentErrors.ProviderOff;
        if (!providers.AllowsReturnTo(command.ReturnUrl))
            return ForeignUrl;

        return await request.Once<PaymentDto>(
            Name,
            work.Timeout,
            async (state, token) =>
            {
                var begun = state == KeyState.Running ? await TryContinue(token) : await Begin(command, provider, token);
                return begun switch
                {
                    { Refusal: { } refusal } => refusal,
                    { Lease: { } lease } => await Finish(lease),
                    _ => null,
                };
            },
            cancellationToken);
    }

    /// <summary>Stores the payment and takes the key, before the provider is asked.</summary>
    private async Task<Begun> Begin(CreatePayment command, IPaymentProvider provider, CancellationToken cancellationToken)
    {
        var begun = await transaction.Run<Result<Begun>>(
            async token =>
            {
                // Before the key, for which the ledger might wait too.
                if (await limits.LockCaller(token) is { } deleted)
                    return deleted;
                if (!await keys.Take(request.Key, token))
                    return new Begun();
                if (await Refuse(command, provider, token) is { } refusal)
                {
                    Result<PaymentDto> refused = refusal;
                    await keys.Answer(request.Key, request.AnswerOf(refused), token);
                    return new Begun { Refusal = refusal };
                }

                var payment = Payment.Create(
                    caller.Id, command.WalletId, command.Provider, command.Amount, command.ReturnUrl, request.Key.Value, clock.GetUtcNow());
                db.Set<Payment>().Add(payment);
                await db.SaveChangesAsync(token);
                return new Begun { Lease = await work.Add(payment.Id, token) };
            },
            cancellationToken);
        return begun.Error is { } conflict ? new Begun { Refusal = conflict } : begun.Value;
    }

    private async Task<Error?> Refuse(CreatePayment command, IPaymentProvider provider, CancellationToken cancellationToken)
    {
        // The query filter hides the wallets of others.
        if (await db.Wallets.AsNoTracking().SingleOrDefaultAsync(own => own.Id == command.WalletId, cancellationToken) is not { } wallet)
            return LedgerErrors.WalletNotFound;
        if (wallet.Status == WalletStatus.Closed)
            return LedgerErrors.WalletClosed;
        if (wallet.Currency != command.Amount.Currency)
            return LedgerErrors.CurrencyMismatch;
        if (!provider.Takes(wallet.Currency))
            return PaymentErrors.CurrencyNotTaken;
        if (command.Amount.Amount > providers.MaxAmount || command.Amount > LedgerLimits.MaxAmount(wallet.Currency))
            return LedgerErrors.AmountTooLarge;
        var open = await db.Set<Payment>().CountAsync(
            payment => payment.Status == PaymentStatus.Created || payment.Status == PaymentStatus.Pending, cancellationToken);
        return open >= providers.MaxOpen ? PaymentErrors.TooMany : null;
    }

    /// <summary>Takes over what an earlier request with the same key began.</summary>
    private async Task<Begun> TryContinue(CancellationToken cancellationToken)
    {
        var id = await db.Set<Payment>().AsNoTracking()
            .Where(payment => payment.RequestKey == request.Key.Value)
            .OrderByDescending(payment => payment.Id)
            .Select(payment => (Guid?)payment.Id)
            .FirstOrDefaultAsync(cancellationToken);
        return new Begun { Lease = id is { } begun ? await work.TryLease(begun, cancellationToken) : null };
    }

    /// <summary>Asks the provider and answers. It does not end with the request, so that the payment is not left half.</summary>
    private async Task<Result<PaymentDto>> Finish(PaymentLease lease)
    {
        using var time = new CancellationTokenSource(work.Timeout, clock);
        var pause = TimeSpan.Zero;
        try
        {
            await steps.Start(lease.PaymentId, time.Token);
            var answered = await transaction.Run(
                async token =>
                {
                    var payment = (await work.Lock(lease.PaymentId, token))!;
                    payment.Answered();
                    Result<PaymentDto> result = payment.Failure == PaymentSteps.RefusedReason
                        ? PaymentErrors.Refused
                        : PaymentDto.Of(payment, caller);
                    await keys.Answer(request.Key, request.AnswerOf(result), token);
                    return (Result<Answered>)new Answered(result);
                },
                time.Token);
            pause = PaymentSteps.FirstPause;
            return answered.Error is { } conflict ? conflict : answered.Value.Result;
        }
        catch (OperationCanceledException failure)
        {
            throw new DependencyUnavailableException(Name, failure);
        }
        finally
        {
            await work.End(lease, pause);
        }
    }

    // Neither of them while another request with the same key is at work.
    private sealed record Begun
    {
        public PaymentLease? Lease { get; init; }

        public Error? Refusal { get; init; }
    }

    private sealed record Answered(Result<PaymentDto> Result);
}
