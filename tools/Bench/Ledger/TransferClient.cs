using System.Text;
using Portico.Bench.Load;

namespace Portico.Bench.Ledger;

/// <summary>How the transfers of a load are spread over wallets.</summary>
internal enum Spread
{
    /// <summary>From one of the client's wallets to any other.</summary>
    Uniform,

    /// <summary>From one of the client's wallets to the same one for everybody.</summary>
    Hot,
}

/// <summary>Posts transfers from a person's wallets, each under a key of its own; in batches if more than one.</summary>
internal sealed class TransferClient : ILoadClient
{
    private const string KeyHeader = "Idempotency-Key: ";
    private const int IdLength = 36;

    private readonly Uri? _server;
    private readonly Random _random;
    private readonly Guid[] _own;
    private readonly Guid[] _all;
    private readonly Spread _spread;
    private readonly byte[] _request;
    private readonly int _key;
    private readonly (int From, int To)[] _legs;
    private long _count;

    /// <param name="token">An access token of the person.</param>
    /// <param name="own">The person's wallets.</param>
    /// <param name="all">Those that may receive.</param>
    /// <param name="spread">How the receivers are chosen.</param>
    /// <param name="legs">Transfers in a request.</param>
    /// <param name="seed">Of the choices.</param>
    /// <param name="server">A server of its own; <c>null</c> for that of the load.</param>
    public TransferClient(string token, Guid[] own, Guid[] all, Spread spread, int legs, int seed, Uri? server = null)
    {
        (_random, _own, _all, _spread, _server) = (new Random(seed), own, all, spread, server);
        var nobody = Guid.Empty.ToString();
        const string amount = """{"amount":"0.01","currency":"EUR"}""";
        var leg = $$"""{"fromWalletId":"{{nobody}}","toWalletId":"{{nobody}}","amount":{{amount}},"description":"bench"}""";
        var body = legs == 1 ? leg : $$"""{"transfers":[{{string.Join(',', Enumerable.Repeat(leg, legs))}}]}""";
        var text = Encoding.UTF8.GetString(
            RequestBytes.Send(
                "POST", legs == 1 ? "/api/v1/transfers" : "/api/v1/transfers/batch", token, body, ("Idempotency-Key", nobody)));
        _request = Encoding.UTF8.GetBytes(text);
        _key = text.IndexOf(KeyHeader, StringComparison.Ordinal) + KeyHeader.Length;
        _legs = new (int, int)[legs];
        for (var (i, at) = (0, 0); i < legs; i++)
        {
            var from = text.IndexOf(nobody, i == 0 ? text.IndexOf("\r\n\r\n", StringComparison.Ordinal) : at, StringComparison.Ordinal);
            var to = text.IndexOf(nobody, from + IdLength, StringComparison.Ordinal);
            (_legs[i], at) = ((from, to), to + IdLength);
        }
    }

    /// <summary>One client for each person.</summary>
    /// <param name="people">Their tokens.</param>
    /// <param name="wallets">Those of each person, in the same order; all of them may receive.</param>
    /// <param name="spread">How the receivers are chosen.</param>
    /// <param name="legs">Transfers in a request.</param>
    public static ILoadClient[] Each(IReadOnlyList<LoadTokens> people, Guid[][] wallets, Spread spread, int legs)
    {
        Guid[] all = [.. wallets.SelectMany(own => own)];
        return [.. people.Select((one, n) => new TransferClient(one.AccessToken, wallets[n], all, spread, legs, n))];
    }

    public ReadOnlySpan<byte> Next()
    {
        // Never of the seed: a later load with the same one would only be told again what the first one did.
        Write(_key, new Guid((int)_count, (short)(_count >> 32), 0, BitConverter.GetBytes(Random.Shared.NextInt64())));
        _count++;
        foreach (var (from, to) in _legs)
        {
            // Both anew: there may be one own wallet only.
            Guid source, destination;
            do
                (source, destination) = (
                    _own[_random.Next(_own.Length)], _spread == Spread.Hot ? _all[0] : _all[_random.Next(_all.Length)]);
            while (source == destination);
            Write(from, source);
            Write(to, destination);
        }

        return _request;
    }

    public bool Take(int status, ReadOnlySpan<byte> body) => status == 201;

    public LoadConnection Connect(Uri api) => new HttpConnection(_server ?? api);

    private void Write(int at, Guid id) => id.TryFormat(_request.AsSpan(at, IdLength), out _);
}
