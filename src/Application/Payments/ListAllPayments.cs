using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Lists the payments of all users, newest first unless the query asks for the other order; for managers.</summary>
[RequirePermission(Permissions.MoneyRead)]
public sealed record ListAllPayments : PagedQuery<PaymentDto>, ISorted
{
    public PaymentStatus? Status { get; init; }
    public PaymentProvider? Provider { get; init; }

    /// <summary>Only payments of this user.</summary>
    public Guid? OwnerId { get; init; }

    /// <summary>Only payments that a manager must look at.</summary>
    public bool NeedsAttention { get; init; }

    /// <summary>Only payments that were begun at this time or later.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only payments that were begun before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>createdAt; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }
}

internal sealed class ListAllPaymentsValidator : SortedValidator<ListAllPayments, Payment>
{
    public ListAllPaymentsValidator()
        : base(ListPayments.Sorts)
    {
        RuleFor(q => q.Status).IsInEnum();
        RuleFor(q => q.Provider).IsInEnum();
        RuleFor(q => q.To).IsLaterThanFrom(q => q.From);
    }
}

internal sealed class ListAllPaymentsHandler(IAppDbContext db, ICurrentUser caller) : IQueryHandler<ListAllPayments, Page<PaymentDto>>
{
    public async Task<Result<Page<PaymentDto>>> Handle(ListAllPayments query, CancellationToken cancellationToken)
    {
        var payments = db.Set<Payment>().AsNoTracking().OfEveryOwner();
        if (query.Status is { } status)
            payments = payments.Where(payment => payment.Status == status);
        if (query.Provider is { } provider)
            payments = payments.Where(payment => payment.Provider == provider);
        if (query.OwnerId is { } owner)
            payments = payments.Where(payment => payment.OwnerId == owner);
        if (query.NeedsAttention)
            payments = payments.Where(payment => payment.NeedsAttention);
        if (query.From?.ToUniversalTime() is { } from)
            payments = payments.Where(payment => payment.CreatedAt >= from);
        if (query.To?.ToUniversalTime() is { } to)
            payments = payments.Where(payment => payment.CreatedAt < to);
        return await ListPayments.Sorts.Read(
            payments.Include(payment => payment.Refunds), query, payment => PaymentDto.Of(payment, caller), cancellationToken);
    }
}
