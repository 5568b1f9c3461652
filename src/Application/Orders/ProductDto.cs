using Portico.Domain.Common;

namespace Portico.Application.Orders;

/// <summary>A product that can be ordered.</summary>
/// <param name="Id">The product.</param>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is.</param>
/// <param name="Price">The price of one.</param>
/// <example>
/// {"id":"0199c2a7-0001-7000-8000-000000000001","name":"Ceramic mug","description":"Holds 300 ml and survives the dishwasher.",
/// "price":{"amount":"12.50","currency":"EUR"}}
/// </example>
public sealed record ProductDto(Guid Id, string Name, string Description, Money Price);
