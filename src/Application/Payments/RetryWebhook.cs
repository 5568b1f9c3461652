using System.Text.Json.Serialization;
using FluentValidation;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Asks a server to look again at the payment that a notification is about, within some seconds.</summary>
/// <remarks>It may be repeated: what happened is asked for at the provider, and a payment is credited once.</remarks>
/// <example>{"reason":"The payment was stored late."}</example>
[RequirePermission(Permissions.WebhooksManage)]
public sealed record RetryWebhook : ICommand<Unit>
{
    [JsonIgnore]
    public PaymentProvider Provider { get; init; }

    [JsonIgnore]
    public string EventId { get; init; } = "";

    /// <summary>Why, for the audit log: 1 to 500 characters.</summary>
    public required string Reason { get; init; }
}

internal sealed class RetryWebhookValidator : AbstractValidator<RetryWebhook>
{
    public RetryWebhookValidator()
    {
        RuleFor(c => c.Provider).IsInEnum();
        RuleFor(c => c.Reason).IsReason();
    }
}

internal sealed class RetryWebhookHandler(IStoredWebhooks webhooks, IAuditLog audit) : ICommandHandler<RetryWebhook, Unit>
{
    public async Task<Result<Unit>> Handle(RetryWebhook command, CancellationToken cancellationToken)
    {
        if (!await webhooks.Retry(command.Provider, command.EventId, cancellationToken))
            return RecordErrors.NotFound;

        audit.Add(new AuditNote(AuditActions.WebhookRetried, AuditSubject.Webhook(command.EventId))
            .With("provider", command.Provider)
            .With("reason", command.Reason.Trim()));
        return Unit.Value;
    }
}
