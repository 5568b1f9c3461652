using Portico.Application.Common.Records;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;

namespace Portico.Application.Wallets;

/// <summary>A wallet as its owner sees it.</summary>
/// <remarks>The version covers its name and status; the money has none, and is never answered from a copy.</remarks>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","name":"Travel","currency":"EUR","balance":{"amount":"12.34","currency":"EUR"},
/// "held":{"amount":"2.00","currency":"EUR"},"available":{"amount":"10.34","currency":"EUR"},"status":"open",
/// "createdAt":"2026-11-21T10:00:00.123Z","version":"AAAAAAAAAAE"}
/// </example>
public sealed record WalletDto : IVersionedDto
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>A code of ISO 4217, or of a crypto currency.</summary>
    public required string Currency { get; init; }

    public required Money Balance { get; init; }

    /// <summary>What is reserved of the balance.</summary>
    public required Money Held { get; init; }

    /// <summary>What can be spent: the balance without what is held.</summary>
    public required Money Available { get; init; }

    public required WalletStatus Status { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Opaque; in quotes it is the <c>ETag</c>.</summary>
    public required string Version { get; init; }

    bool IVersionedDto.IsWhole => false;

    internal static WalletDto Of(Wallet wallet, Account account) => new()
    {
        Id = wallet.Id,
        Name = wallet.Name,
        Currency = wallet.Currency.Code,
        Balance = account.Posted,
        Held = account.Held,
        Available = account.Available,
        Status = wallet.Status,
        CreatedAt = wallet.CreatedAt,
        Version = RecordVersion.Write(wallet.Version),
    };
}
