using Portico.Domain.Payments;

namespace Portico.Application.Payments;

/// <summary>The right to work on a payment, until it ends by itself.</summary>
/// <param name="PaymentId">The payment.</param>
/// <param name="Id">Another one after each lease.</param>
/// <param name="Wakes">How often somebody had asked for work on it when the lease began.</param>
/// <param name="Attempts">How often work on it was begun and did not end.</param>
public sealed record PaymentLease(Guid PaymentId, Guid Id, long Wakes, int Attempts);

/// <summary>Which payments need work, and who works on them: one process at a time for each payment.</summary>
/// <remarks>A lease only saves work. Every step may be repeated, by several processes at the same time too.</remarks>
public interface IPaymentWork
{
    /// <summary>How long a request may work on a payment; a lease is longer.</summary>
    TimeSpan Timeout { get; }

    /// <summary>Adds a new payment that is leased by the caller, in the open transaction.</summary>
    Task<PaymentLease> Add(Guid paymentId, CancellationToken cancellationToken);

    /// <summary>Asks for work on a payment as soon as the open transaction is committed.</summary>
    Task Wake(Guid paymentId, CancellationToken cancellationToken);

    /// <summary>Reads a payment with its refunds, and locks it until the transaction ends.</summary>
    Task<Payment?> Lock(Guid paymentId, CancellationToken cancellationToken);

    /// <summary>Leases a payment, also one that needs no work any more: its request may still be without an answer.</summary>
    /// <returns><c>null</c> while another process works on it.</returns>
    Task<PaymentLease?> TryLease(Guid paymentId, CancellationToken cancellationToken);

    /// <summary>Ends a lease. Throws nothing: then the lease ends by itself.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="pause">When there is work again, unless somebody has asked for it meanwhile; <c>null</c> is never.</param>
    Task End(PaymentLease lease, TimeSpan? pause);
}
