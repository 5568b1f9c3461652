using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Portico.Application.Common.Auditing;

namespace Portico.Infrastructure.Audit;

internal sealed class AuditEntryConfiguration : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> builder)
    {
        builder.ToTable("audit_log");
        builder.Property(e => e.Id).ValueGeneratedNever();
        builder.Property(e => e.SubjectType).HasMaxLength(40);
        builder.Property(e => e.SubjectId).HasMaxLength(100);
        builder.Property(e => e.Action).HasMaxLength(60);
        builder.Property(e => e.TraceId).HasMaxLength(32);
        builder.Property(e => e.Before).HasColumnType("jsonb");
        builder.Property(e => e.After).HasColumnType("jsonb");
        builder.HasIndex(e => new { e.Actor, e.Id }).HasDatabaseName("audit_log_actor_idx");
        builder.HasIndex(e => new { e.SubjectId, e.Id }).HasDatabaseName("audit_log_subject_idx");
        builder.HasIndex(e => new { e.Action, e.Id }).HasDatabaseName("audit_log_action_idx");
    }
}
