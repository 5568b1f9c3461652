using System.Net;
using System.Net.Sockets;

namespace Portico.DevStack;

/// <summary>The ports of programs that are not started yet: until this is disposed, no other run chooses them.</summary>
internal sealed class ReservedPorts(params int[] preferred) : IDisposable
{
    private readonly TcpListener[] _listeners = [.. preferred.Select(Ports.Listen)];

    /// <summary>Gets the chosen ports, in the order of the preferred ones.</summary>
    public IReadOnlyList<int> Chosen => [.. _listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];

    public void Dispose()
    {
        foreach (var listener in _listeners)
            listener.Dispose();
    }
}
