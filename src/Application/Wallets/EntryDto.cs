using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Wallets;

/// <summary>The effect of one transfer or hold on a wallet.</summary>
/// <param name="Version">The number of the entry in the wallet: 1 for the first, without gaps.</param>
/// <param name="CreatedAt">When it was recorded; never earlier than the previous entry.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Amount">Above zero for money in, below zero for money out, zero for a hold or a release.</param>
/// <param name="Balance">The balance after the entry.</param>
/// <param name="Held">The held amount after the entry; the rest of the balance is available.</param>
/// <param name="TransferId">The id of the transfer; each step of a hold has its own id.</param>
/// <param name="CounterpartyId">The other wallet; null for a deposit or a withdrawal.</param>
/// <param name="HoldId">The hold of the entry, if there is one.</param>
/// <param name="ReversesId">The transfer that it reverses.</param>
/// <param name="Description">The description of the request.</param>
/// <example>
/// {"version":7,"createdAt":"2026-11-21T10:00:00.123Z","kind":"transfer","amount":{"amount":"-12.34","currency":"EUR"},
/// "balance":{"amount":"87.66","currency":"EUR"},"held":{"amount":"0.00","currency":"EUR"},
/// "transferId":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","counterpartyId":"01a1fc7e-b0b0-7d15-9c3f-5ae82c4c4dd1","holdId":null,
/// "reversesId":null,"description":"Lunch"}
/// </example>
public sealed record EntryDto(
    long Version, DateTimeOffset CreatedAt, JournalKind Kind, Money Amount, Money Balance, Money Held,
    Guid TransferId, Guid? CounterpartyId, Guid? HoldId, Guid? ReversesId, string? Description);
