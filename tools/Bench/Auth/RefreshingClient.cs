using System.Text;
using Portico.Bench.Load;

namespace Portico.Bench.Auth;

/// <summary>Continues one session for ever, with the refresh token of each answer.</summary>
internal sealed class RefreshingClient(string refreshToken) : ILoadClient
{
    private byte[] _request = Request(refreshToken);

    public ReadOnlySpan<byte> Next() => _request;

    public bool Take(int status, ReadOnlySpan<byte> body)
    {
        if (status != 200)
            return false;

        var name = "\"refreshToken\":\""u8;
        var rest = body[(body.IndexOf(name) + name.Length)..];
        _request = Request(Encoding.ASCII.GetString(rest[..rest.IndexOf((byte)'"')]));
        return true;
    }

    private static byte[] Request(string token) =>
        RequestBytes.Send("POST", "/api/v1/auth/refresh", token: null, $$"""{"refreshToken":"{{token}}"}""");
}
