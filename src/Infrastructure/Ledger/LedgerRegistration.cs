using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Ledger;
using Portico.Application.SpendingLimits;
using Portico.Application.Wallets;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Ledger;

internal static class LedgerRegistration
{
    public static IServiceCollection AddLedger(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<LedgerSettings>(configuration);
        services.AddSingleton<LedgerWriter>();
        services.AddSingleton<ILedger>(provider => provider.GetRequiredService<LedgerWriter>());
        services.AddSingleton<ILedgerRecords, LedgerRecords>();
        services.AddSingleton<IWalletHistory, WalletHistory>();
        services.AddSingleton<ILedgerSums, LedgerSums>();
        services.AddSingleton<ILedgerVerification, LedgerVerification>();
        services.AddScoped<IAccounts, Accounts>();
        services.AddScoped<ISpendingLimits, SpendingLimits>();
        // Services stop in reverse order: the sweeper uses the writer, so it stops first.
        services.AddHostedService(provider => provider.GetRequiredService<LedgerWriter>());
        services.AddHostedService<HoldSweeper>();
        return services;
    }
}
