using Portico.Domain.Common;
using Portico.Domain.Orders;

namespace Portico.Application.Orders;

/// <summary>An order of a user.</summary>
/// <example>
/// {"id":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd","ownerId":"01a1fc7e-0001-7915-aa3f-8ae82c4c4ddd","status":"placed",
/// "lines":[{"productId":"0199c2a7-0001-7000-8000-000000000001","name":"Ceramic mug","quantity":2,
/// "unitPrice":{"amount":"12.50","currency":"EUR"},"amount":{"amount":"25.00","currency":"EUR"}}],
/// "total":{"amount":"25.00","currency":"EUR"},"cancelReason":null,"createdAt":"2026-11-21T10:00:00.123Z",
/// "updatedAt":"2026-11-21T10:00:00.140Z"}
/// </example>
public sealed record OrderDto
{
    public required Guid Id { get; init; }
    public required Guid OwnerId { get; init; }
    public required OrderStatus Status { get; init; }
    public required IReadOnlyList<OrderLineDto> Lines { get; init; }
    public required Money Total { get; init; }

    /// <summary>Why the order was cancelled; null unless it was.</summary>
    public required OrderCancellation? CancelReason { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

/// <summary>A product of an order, with its name and price at the time of the order.</summary>
/// <param name="ProductId">The product.</param>
/// <param name="Name">Its name.</param>
/// <param name="Quantity">How many of it.</param>
/// <param name="UnitPrice">The price of one.</param>
/// <param name="Amount">The price of all.</param>
/// <example>
/// {"productId":"0199c2a7-0001-7000-8000-000000000001","name":"Ceramic mug","quantity":2,
/// "unitPrice":{"amount":"12.50","currency":"EUR"},"amount":{"amount":"25.00","currency":"EUR"}}
/// </example>
public sealed record OrderLineDto(Guid ProductId, string Name, int Quantity, Money UnitPrice, Money Amount);
