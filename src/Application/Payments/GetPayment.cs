using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>Gets a payment of the caller; managers get any payment.</summary>
[Authenticated]
public sealed record GetPayment(Guid Id) : IQuery<PaymentDto>;

internal sealed class GetPaymentHandler(IAppDbContext db, ICurrentUser caller) : IQueryHandler<GetPayment, PaymentDto>
{
    public async Task<Result<PaymentDto>> Handle(GetPayment query, CancellationToken cancellationToken) =>
        await db.Set<Payment>().AsNoTracking().FindWithRefunds(query.Id, cancellationToken) is { } found
            && (found.OwnerId == caller.Id || caller.Has(Permissions.MoneyRead))
            ? PaymentDto.Of(found, caller)
            : PaymentErrors.NotFound;
}
