using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Auditing;

namespace Portico.Infrastructure.Audit;

internal static class AuditRegistration
{
    public static IServiceCollection AddAudit(this IServiceCollection services) => services.AddScoped<IAuditLog, AuditLog>();
}
