namespace Portico.Domain.Payments;

/// <summary>A company that receives money of users for Portico.</summary>
public enum PaymentProvider
{
    Stripe,
    Yookassa,
}
