using System.Net;
using Portico.Application.Payments;
using Portico.Domain.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Payments;

namespace Portico.Seeder;

/// <summary>The provider of one demo payment: it says of the payment what the demo data shall show.</summary>
internal sealed class DemoProvider(Guid owner) : IPaymentProviders, IPaymentProvider
{
    private readonly string _id = $"pi_demo_{owner:N}";

    /// <summary>What the provider says of the payment now.</summary>
    public ProviderPayment Remote { get; set; } = new() { Status = ProviderPaymentStatus.Pending };

    public int MaxOpen => 1;

    public decimal MaxAmount => decimal.MaxValue;

    public TimeSpan Lifetime => TimeSpan.MaxValue;

    public IPaymentProvider Find(PaymentProvider provider) => this;

    public bool AllowsReturnTo(string url) => true;

    public bool Takes(Currency currency) => true;

    public Task<Result<OpenedPayment>> Create(Payment payment, CancellationToken cancellationToken) =>
        Task.FromResult<Result<OpenedPayment>>(new OpenedPayment(_id, $"{_id}_secret"));

    public Task<ProviderPayment> Get(string providerId, CancellationToken cancellationToken) => Task.FromResult(Remote);

    public Task<bool> Cancel(string providerId, CancellationToken cancellationToken)
    {
        Remote = Remote with { Status = ProviderPaymentStatus.Canceled };
        return Task.FromResult(true);
    }

    public Task<Result<ProviderRefund>> Refund(Payment payment, PaymentRefund refund, CancellationToken cancellationToken) =>
        Task.FromResult<Result<ProviderRefund>>(AddRefund(refund.Id, refund.Money));

    /// <summary>Returns money without Portico, as after a chargeback.</summary>
    public void TakeBack(Money amount) => AddRefund(refundId: null, amount);

    public Result<WebhookNotice> Read(ReadOnlyMemory<byte> body, string? signature, IPAddress? from) => PaymentErrors.InvalidWebhook;

    private ProviderRefund AddRefund(Guid? refundId, Money amount)
    {
        var made = new ProviderRefund($"re_demo_{refundId ?? owner:N}", refundId, amount, RefundStatus.Succeeded);
        Remote = Remote with { Refunds = [.. Remote.Refunds, made] };
        return made;
    }
}
