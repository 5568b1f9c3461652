using FluentValidation;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Stores a notification of a provider. What happened is asked for at the provider later, in the background.</summary>
[Anonymous]
public sealed record ReceiveWebhook(PaymentProvider Provider, ReadOnlyMemory<byte> Body, string? Signature)
    : ICommand<Unit>, IOwnTransaction
{
    /// <summary>The largest notification that is read.</summary>
    public const int MaxBytes = 256 * 1024;
}

internal sealed class ReceiveWebhookValidator : AbstractValidator<ReceiveWebhook>
{
    public ReceiveWebhookValidator()
    {
        RuleFor(c => c.Provider).IsInEnum();
        RuleFor(c => c.Body).Must(body => body.Length <= ReceiveWebhook.MaxBytes)
            .WithMessage($"A notification has at most {ReceiveWebhook.MaxBytes} bytes.");
        RuleFor(c => c.Signature).MaximumLength(2_000);
    }
}

internal sealed class ReceiveWebhookHandler(IPaymentProviders providers, IWebhooks webhooks, IClient client)
    : ICommandHandler<ReceiveWebhook, Unit>
{
    public async Task<Result<Unit>> Handle(ReceiveWebhook command, CancellationToken cancellationToken)
    {
        if (providers.Find(command.Provider) is not { } provider)
            return PaymentErrors.NotFound;
        var read = provider.Read(command.Body, command.Signature, client.IpAddress);
        if (read.Error is { } refusal)
            return refusal;
        // About something that is no payment: the provider needs no other answer.
        if (read.Value.PaymentId is not null)
            await webhooks.Store(command.Provider, read.Value, cancellationToken);
        return Unit.Value;
    }
}
