using Portico.Application.Common.Records;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Domain.Wallets;

namespace Portico.Application.Wallets;

/// <summary>A wallet of the caller.</summary>
/// <remarks>The version covers the name and the status, not the money; the amounts are always read fresh.</remarks>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","name":"Travel","currency":"EUR","balance":{"amount":"12.34","currency":"EUR"},
/// "held":{"amount":"2.00","currency":"EUR"},"available":{"amount":"10.34","currency":"EUR"},"status":"open",
/// "createdAt":"2026-11-21T10:00:00.123Z","version":"AAAAAAAAAAE"}
/// </example>
public sealed record WalletDto : IVersionedDto
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }

    /// <summary>An ISO 4217 code, or the code of a cryptocurrency.</summary>
    public required string Currency { get; init; }

    public required Money Balance { get; init; }

    /// <summary>The held part of the balance.</summary>
    public required Money Held { get; init; }

    /// <summary>The amount that can be spent: the balance minus the held part.</summary>
    public required Money Available { get; init; }

    public required WalletStatus Status { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Opaque; the <c>ETag</c> is this text in quotes.</summary>
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
