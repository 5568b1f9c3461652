using Microsoft.EntityFrameworkCore;
using Npgsql;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;
using Portico.Domain.Users;
using Portico.Infrastructure.Persistence.Configurations;

namespace Portico.Infrastructure.Persistence;

/// <summary>What it means when a unique index, the only guard against two writers, refuses a row.</summary>
internal static class UniqueKeys
{
    private static readonly Dictionary<string, Error> Refusals = new(StringComparer.Ordinal)
    {
        [UserConfiguration.EmailKey] = UserErrors.AlreadyRegistered,
        [UserConfiguration.PhoneKey] = UserErrors.AlreadyRegistered,
        [ForecastConfiguration.OneEach] = EventErrors.AlreadyForecast,
    };

    public static Error? Refusal(Exception failure) =>
        failure is DbUpdateException { InnerException: PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } violation }
            ? Refusals.GetValueOrDefault(violation.ConstraintName ?? "")
            : null;
}
