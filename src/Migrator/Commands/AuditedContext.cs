using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Application.Common.Auditing;
using Portico.Infrastructure.Audit;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Migrator.Commands;

/// <summary>EF Core on the connection of a command, and the audit log that the system writes with it.</summary>
internal static class AuditedContext
{
    public static AppDbContext Create(NpgsqlConnection connection) => new(Options(connection));

    public static IAuditLog AuditLog(AppDbContext db, NpgsqlConnection connection)
    {
        var caller = new SystemCaller();
        return new AuditLog(db, Options(connection), caller, caller, TimeProvider.System);
    }

    private static DbContextOptions<AppDbContext> Options(NpgsqlConnection connection) =>
        new DbContextOptionsBuilder<AppDbContext>().UseNpgsql(connection).UseSnakeCaseNamingConvention().Options;
}
