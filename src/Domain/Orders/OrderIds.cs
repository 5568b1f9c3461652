using Portico.Domain.Common;

namespace Portico.Domain.Orders;

/// <summary>The ids of what belongs to an order in the ledger; they derive from the id of the order.</summary>
/// <remarks>So every step repeats safely.</remarks>
public static class OrderIds
{
    /// <summary>The hold of the order's money.</summary>
    public static Guid HoldOf(Guid orderId) => DerivedIds.Of(orderId, "hold");

    /// <summary>The capture of the hold.</summary>
    public static Guid CaptureOf(Guid orderId) => DerivedIds.Of(orderId, "capture");

    /// <summary>The release of the hold.</summary>
    public static Guid ReleaseOf(Guid orderId) => DerivedIds.Of(orderId, "release");

    /// <summary>The return of the captured money. A refused return is tried again under another id, and moves the money once.</summary>
    /// <param name="orderId">The order.</param>
    /// <param name="attempt">The work on the order that returns the money.</param>
    public static Guid ReturnOf(Guid orderId, Guid attempt) => DerivedIds.Of(orderId, $"return {attempt}");
}
