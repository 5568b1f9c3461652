using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Records;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Queries that find payments.</summary>
public static class PaymentQueries
{
    /// <summary>A payment of any user with its refunds; <c>null</c> when there is none.</summary>
    public static Task<Payment?> FindWithRefunds(this IQueryable<Payment> payments, Guid id, CancellationToken cancellationToken) =>
        payments.OfEveryOwner().Include(payment => payment.Refunds).OrderBy(payment => payment.Id)
            .SingleOrDefaultAsync(payment => payment.Id == id, cancellationToken);
}
