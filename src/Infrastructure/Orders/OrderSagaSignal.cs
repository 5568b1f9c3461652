using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.Orders;

/// <summary>Wakes the recovery of orders of this process when a request gave one up.</summary>
internal sealed class OrderSagaSignal : WakeSignal;
