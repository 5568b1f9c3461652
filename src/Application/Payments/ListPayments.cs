using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Lists the caller's payments, newest first unless the query asks for the other order.</summary>
[Authenticated]
public sealed record ListPayments : PagedQuery<PaymentDto>, ISorted
{
    /// <summary>createdAt; a minus before the name reverses the order.</summary>
    public string? Sort { get; init; }

    internal static readonly Sorts<Payment> Sorts = new Sorts<Payment>("-createdAt").By(payment => payment.CreatedAt);
}

internal sealed class ListPaymentsValidator() : SortedValidator<ListPayments, Payment>(ListPayments.Sorts);

internal sealed class ListPaymentsHandler(IAppDbContext db, ICurrentUser caller) : IQueryHandler<ListPayments, Page<PaymentDto>>
{
    // The query filter hides the payments of others.
    public async Task<Result<Page<PaymentDto>>> Handle(ListPayments query, CancellationToken cancellationToken) =>
        await ListPayments.Sorts.Read(
            db.Set<Payment>().AsNoTracking().Include(payment => payment.Refunds),
            query,
            payment => PaymentDto.Of(payment, caller),
            cancellationToken);
}
