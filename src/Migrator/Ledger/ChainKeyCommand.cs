using System.CommandLine;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.SigningKeys;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Ledger;

/// <summary><c>ledger keys rotate</c>: lets a new key sign the heads of the hash chain.</summary>
internal static class ChainKeyCommand
{
    public static Command Create(CommandHost host)
    {
        var rotate = host.Create(
            "rotate", "Sign the next heads with a new key, and delete the private half of the former one. Its public key stays for ever.",
            [Durations.ConnectTimeout()],
            async (run, cancellationToken) =>
            {
                var keys = new ChainKeys(run.Settings.Sealing);
                await using var connection = await run.OpenAsync(run.Settings.Keys, cancellationToken);
                await using var db = AuditedContext.Create(connection);
                try
                {
                    var id = await keys.Rotate(db, AuditedContext.AuditLog(db, connection), cancellationToken);
                    run.Report.Set("key", id);
                    run.Report.Line($"{id} signs the next heads.");
                    return ExitCode.Ok;
                }
                catch (SealedKeyException refusal)
                {
                    throw new MigratorException(refusal.Message, refusal);
                }
            });
        return new Command("keys", "Change the key that signs the heads of the hash chain.") { rotate };
    }
}
