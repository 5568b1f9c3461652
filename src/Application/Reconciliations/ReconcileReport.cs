using FluentValidation;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Reconciliations;

/// <summary>Compares a provider's report of a period with the clearing account of the provider; for administrators.</summary>
/// <remarks>It changes no money. The file is read once while it arrives, and is not kept.</remarks>
[RequirePermission(Permissions.LedgerAudit)]
public sealed record ReconcileReport(PaymentProvider? Provider, DateTimeOffset? From, DateTimeOffset? To, Stream Report)
    : ICommand<ReconciliationDto>
{
    /// <summary>The SHA-256 of the file, by which a request with an idempotency key is known again; otherwise <c>null</c>.</summary>
    public string? FileSha256 { get; init; }
}

internal sealed class ReconcileReportValidator : AbstractValidator<ReconcileReport>
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromDays(366);

    public ReconcileReportValidator()
    {
        RuleFor(c => c.Provider).NotNull().WithMessage("Give the provider: stripe or yookassa.").IsInEnum();
        RuleFor(c => c.From).NotNull().WithMessage("Give the begin of the period.");
        RuleFor(c => c.To).NotNull().WithMessage("Give the end of the period.");
        RuleFor(c => c.To)
            .Must((command, to) => to > command.From && to - command.From <= LongestPeriod)
            .When(c => c.From is not null && c.To is not null)
            .WithMessage($"The end is later than the begin, and the period has at most {LongestPeriod.Days} days.");
    }
}

internal sealed class ReconcileReportHandler(IReconciliations reconciliations, IAuditLog audit, ICurrentUser caller, TimeProvider clock)
    : ICommandHandler<ReconcileReport, ReconciliationDto>
{
    public async Task<Result<ReconciliationDto>> Handle(ReconcileReport command, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var compared = await reconciliations.Compare(
            new NewReconciliation(Ids.New(now), command.Provider!.Value, command.From!.Value, command.To!.Value, caller.Id, now),
            command.Report,
            cancellationToken);
        if (compared.IsSuccess)
        {
            audit.Add(new AuditNote(AuditActions.ReconciliationMade, AuditSubject.Reconciliation(compared.Value.Id))
                .With("provider", compared.Value.Provider)
                .With("fileSha256", compared.Value.FileSha256)
                .With("differences", compared.Value.Counts.Total));
        }

        return compared;
    }
}
