using Portico.Infrastructure.Hosting;

namespace Portico.Infrastructure.HashChain;

/// <summary>Wakes the sealing of this process when money was committed.</summary>
internal sealed class ChainSignal : WakeSignal;
