using System.Text;

namespace Portico.Bench.Load;

/// <summary>What one connection asks, one request after the other.</summary>
internal interface ILoadClient
{
    /// <summary>The next request, whole: request line, header fields, body.</summary>
    ReadOnlySpan<byte> Next();

    /// <summary>Takes its answer.</summary>
    /// <returns>Whether it is the one that was hoped for; what is not, is counted by its status.</returns>
    bool Take(int status, ReadOnlySpan<byte> body);

    /// <summary>The connection for its requests, which opens with the first one.</summary>
    LoadConnection Connect(Uri api) => new HttpConnection(api);

    /// <summary>How many milliseconds of the last answer were spent on waiting for others, as the answer says itself.</summary>
    double WaitedMs => 0;
}

/// <summary>Hopes for the same status for ever.</summary>
/// <param name="next">Makes the next request.</param>
/// <param name="hoped">The status.</param>
internal sealed class RepeatingClient(Func<byte[]> next, int hoped = 200) : ILoadClient
{
    /// <summary>Asks the same for ever.</summary>
    public RepeatingClient(byte[] request)
        : this(() => request)
    {
    }

    public ReadOnlySpan<byte> Next() => next();

    public bool Take(int status, ReadOnlySpan<byte> body) => status == hoped;
}

/// <summary>Makes the same gRPC call for ever.</summary>
/// <param name="server">The address of gRPC.</param>
/// <param name="call">Its frames (<see cref="RpcConnection.Call"/>).</param>
internal sealed class RpcClient(Uri server, byte[] call) : ILoadClient
{
    public ReadOnlySpan<byte> Next() => call;

    public bool Take(int status, ReadOnlySpan<byte> body) => status == 200;

    public LoadConnection Connect(Uri api) => new RpcConnection(server);
}

/// <summary>Writes requests as they stand on the wire.</summary>
internal static class RequestBytes
{
    public static byte[] Get(string path, string? token, params (string Name, string Value)[] headers) =>
        Encoding.UTF8.GetBytes(Head("GET", path, token, headers) + "\r\n");

    public static byte[] Send(string method, string path, string? token, string json, params (string Name, string Value)[] headers) =>
        Encoding.UTF8.GetBytes(
            $"{Head(method, path, token, headers)}Content-Type: application/json\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(json)}\r\n\r\n{json}");

    private static string Head(string method, string path, string? token, (string Name, string Value)[] headers) =>
        $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{(token is null ? "" : $"Authorization: Bearer {token}\r\n")}"
        + string.Concat(headers.Select(header => $"{header.Name}: {header.Value}\r\n"));
}
