using System.Diagnostics.CodeAnalysis;
using Portico.Application.Common.Security;
using Portico.Application.Ledger;
using Portico.Domain.Ledger;

namespace Portico.Application.Transfers;

/// <summary>Who may see a transfer.</summary>
internal static class TransferAccess
{
    /// <summary>Whether a journal is a transfer and the caller is one of its parties or reads all money.</summary>
    public static bool IsShownTo([NotNullWhen(true)] this RecordedJournal? found, ICurrentUser caller) =>
        found is { Journal.Kind: not (JournalKind.Hold or JournalKind.Void or JournalKind.Expiry) }
        && found.Journal.Kind is not (JournalKind.Rounding or JournalKind.ProviderFee)
        && (found.SourceOwnerId == caller.Id || found.DestinationOwnerId == caller.Id || caller.Has(Permissions.MoneyRead));
}
