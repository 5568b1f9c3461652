using FluentValidation;
using Microsoft.EntityFrameworkCore;
using Portico.Application.Common;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Lists the caller's payments, newest first unless the query asks for the other order.</summary>
[Authenticated]
public sealed record ListPayments : IQuery<Page<PaymentDto>>, ISorted
{
    /// <summary>Lists the payments of all users instead that a manager must look at; for managers.</summary>
    public bool NeedsAttention { get; init; }

    /// <summary>createdAt; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }

    public int Limit { get; init; } = IPaged.DefaultLimit;
    public string? Cursor { get; init; }

    internal static readonly Sorts<Payment> Sorts = new Sorts<Payment>("-createdAt").By(payment => payment.CreatedAt);
}

internal sealed class ListPaymentsValidator : AbstractValidator<ListPayments>
{
    public ListPaymentsValidator() => this.IsSorted(ListPayments.Sorts);
}

internal sealed class ListPaymentsHandler(IAppDbContext db, ICurrentUser caller) : IQueryHandler<ListPayments, Page<PaymentDto>>
{
    public async Task<Result<Page<PaymentDto>>> Handle(ListPayments query, CancellationToken cancellationToken)
    {
        if (query.NeedsAttention && !caller.Has(Permissions.MoneyRead))
            return CommonErrors.Forbidden;

        IQueryable<Payment> payments = db.Set<Payment>().AsNoTracking();
        payments = query.NeedsAttention ? payments.OfEveryOwner().Where(payment => payment.NeedsAttention) : payments;
        return await ListPayments.Sorts.Read(
            payments.Include(payment => payment.Refunds), query, PaymentDto.Of, cancellationToken);
    }
}
