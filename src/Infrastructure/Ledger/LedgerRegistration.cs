using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Ledger;
using Portico.Application.SpendingLimits;
using Portico.Application.Wallets;
using Portico.Infrastructure.Configuration;

namespace Portico.Infrastructure.Ledger;

internal static class LedgerRegistration
{
    public static IServiceCollection AddLedger(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<LedgerSettings>(configuration)
        .AddSingleton<LedgerWriter>()
        .AddSingleton<ILedger>(provider => provider.GetRequiredService<LedgerWriter>())
        .AddSingleton<ILedgerRecords, LedgerRecords>()
        .AddSingleton<IWalletHistory, WalletHistory>()
        .AddSingleton<ILedgerSums, LedgerSums>()
        .AddSingleton<ILedgerVerification, LedgerVerification>()
        .AddScoped<IAccounts, Accounts>()
        .AddScoped<ISpendingLimits, SpendingLimits>()
        // Services stop in reverse order: the sweeper uses the writer, so it stops first.
        .AddHostedService(provider => provider.GetRequiredService<LedgerWriter>())
        .AddHostedService<HoldSweeper>();
}
