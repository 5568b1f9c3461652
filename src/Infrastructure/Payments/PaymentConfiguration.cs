using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Application.Common.Messaging;
using Portico.Domain.Payments;

namespace Portico.Infrastructure.Payments;

internal sealed class PaymentConfiguration : IEntityTypeConfiguration<Payment>
{
    public void Configure(EntityTypeBuilder<Payment> builder)
    {
        builder.ToTable("payments");
        builder.Ignore(payment => payment.Money);
        builder.Ignore(payment => payment.CapturedMoney);
        builder.Property(payment => payment.ReturnUrl).HasMaxLength(Payment.MaxUrlLength);
        builder.Property(payment => payment.Confirmation).HasMaxLength(Payment.MaxUrlLength);
        builder.Property(payment => payment.ProviderId).HasMaxLength(Payment.MaxProviderIdLength);
        builder.Property(payment => payment.RequestKey).HasMaxLength(IdempotencyKey.MaxLength);
        builder.Property(payment => payment.Failure).HasMaxLength(PaymentRefund.MaxFailureLength);
        builder.HasMany(payment => payment.Refunds).WithOne().HasForeignKey(refund => refund.PaymentId).OnDelete(DeleteBehavior.NoAction);
        builder.HasIndex(payment => new { payment.Provider, payment.ProviderId }).IsUnique().HasDatabaseName("payments_provider_id_key");
        builder.HasIndex(payment => new { payment.OwnerId, payment.CreatedAt, payment.Id }).HasDatabaseName("payments_owner_id_idx");
        builder.HasIndex(payment => new { payment.CreatedAt, payment.Id })
            .HasFilter("needs_attention").HasDatabaseName("payments_needs_attention_idx");
        builder.HasIndex(payment => new { payment.CreatedAt, payment.Id }, "payments_created_at_idx");
        builder.HasIndex(payment => new { payment.Status, payment.CreatedAt, payment.Id }, "payments_status_idx");
    }
}

internal sealed class PaymentRefundConfiguration : IEntityTypeConfiguration<PaymentRefund>
{
    public void Configure(EntityTypeBuilder<PaymentRefund> builder)
    {
        builder.ToTable("payment_refunds");
        builder.Ignore(refund => refund.Money);
        builder.Property(refund => refund.ProviderId).HasMaxLength(Payment.MaxProviderIdLength);
        builder.Property(refund => refund.Reason).HasMaxLength(PaymentRefund.MaxReasonLength);
        builder.Property(refund => refund.Failure).HasMaxLength(PaymentRefund.MaxFailureLength);
        builder.HasIndex(refund => refund.OwnerId).HasDatabaseName("payment_refunds_owner_id_idx");
        builder.HasIndex(refund => refund.PaymentId).HasDatabaseName("payment_refunds_payment_id_idx");
        builder.HasIndex(refund => refund.ProviderId).HasDatabaseName("payment_refunds_provider_id_idx");
    }
}
