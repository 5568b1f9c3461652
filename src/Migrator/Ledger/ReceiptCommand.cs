using System.CommandLine;
using System.Text.Json;
using Portico.Application.Ledger;
using Portico.Infrastructure.HashChain;
using Portico.Migrator.Commands;

namespace Portico.Migrator.Ledger;

/// <summary><c>ledger receipt verify</c>: verifies a receipt with the key that the reader trusts; needs no server.</summary>
internal static class ReceiptCommand
{
    public static Command Create(CommandHost host)
    {
        var file = new Argument<FileInfo>("file") { Description = "The receipt, as GET /transfers/{id}/receipt answers it." };
        var key = new Option<string[]>("--public-key") { Description = "A public key to trust, in base64url.", HelpName = "KEY" };
        var heads = new Option<FileInfo?>("--heads")
        {
            Description = "Heads to trust, as GET /ledger/heads answers them: the receipt must have one of their keys.",
            HelpName = "FILE",
        };
        var verify = host.Create(
            "verify", "Verify the receipt of a transfer, without a server. Exits with 5 when it is not valid.", [file, key, heads],
            async (run, cancellationToken) =>
            {
                var receipt = await JsonFile.ReadAsync<ReceiptDto>(run.Arguments.GetRequiredValue(file), cancellationToken);
                var known = run.Arguments.GetValue(heads) is { } list ? await JsonFile.ReadHeadsAsync(list, cancellationToken) : [];
                return Verify(run.Report, receipt, known, run.Arguments.GetValue(key) ?? []);
            });
        return new Command("receipt", "Work with receipts of transfers.") { verify };
    }

    private static ExitCode Verify(CommandReport report, ReceiptDto receipt, IReadOnlyList<HeadDto> heads, string[] keys)
    {
        if (keys.Length == 0 && heads.Count == 0)
            throw new MigratorException("Say which key you trust: --public-key, or --heads with at least one head.");
        if (Array.Find(keys, key => !ReceiptVerification.TryReadKey(key, out _)) is { } unreadable)
            throw new MigratorException($"'{unreadable}' is no Ed25519 public key in base64url.");

        var head = receipt.Head;
        var problem = ReceiptVerification.Check(receipt)
            ?? (!keys.Concat(heads.Select(known => known.PublicKey)).Contains(head.PublicKey, StringComparer.Ordinal)
                ? ReceiptProblem.UnknownKey
                : heads.Any(known => known.Height == head.Height && known.Hash != head.Hash) ? ReceiptProblem.UnknownHead : null);
        report.Set("valid", problem is null);
        if (problem is not null)
        {
            throw new MigratorException(
                ExitCode.LedgerWrong, $"The receipt is not valid ({JsonNamingPolicy.CamelCase.ConvertName($"{problem}")}).");
        }

        report.Line(
            $"The receipt is valid: transfer {receipt.Transfer.Id} is journal {receipt.Position} of block {head.Height}, "
            + $"sealed at {head.SealedAt} with the hash {head.Hash}.");
        return ExitCode.Ok;
    }
}
