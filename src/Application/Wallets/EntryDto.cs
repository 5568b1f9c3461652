using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Wallets;

/// <summary>What one movement or hold did to a wallet.</summary>
/// <param name="Version">The number of the entry in its wallet: 1 for the first, without a gap.</param>
/// <param name="CreatedAt">Never earlier than that of the entry before.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Amount">Above zero for what came in, below for what went out, zero for what was only held or released.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Held">What is held after it; the rest of the balance is available.</param>
/// <param name="TransferId">The transfer; a hold has one for each of its steps.</param>
/// <param name="CounterpartyId">The wallet on the other side; null when it is the world outside.</param>
/// <param name="HoldId">The hold that it is about.</param>
/// <param name="ReversesId">The transfer that it takes back.</param>
/// <param name="Description">The words of who asked for it.</param>
/// <example>
/// {"version":7,"createdAt":"2026-11-21T10:00:00.123Z","kind":"transfer","amount":{"amount":"-12.34","currency":"EUR"},
/// "balance":{"amount":"87.66","currency":"EUR"},"held":{"amount":"0.00","currency":"EUR"},
/// "transferId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","counterpartyId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1","holdId":null,
/// "reversesId":null,"description":"Lunch"}
/// </example>
public sealed record EntryDto(
    long Version, DateTimeOffset CreatedAt, JournalKind Kind, Money Amount, Money Balance, Money Held,
    Guid TransferId, Guid? CounterpartyId, Guid? HoldId, Guid? ReversesId, string? Description);
