using System.Buffers.Text;
using Portico.Bench.Load;

namespace Portico.Bench.Dashboard;

/// <summary>Asks for the same page for ever, hopes for a number of good parts, and knows how long its slowest part took.</summary>
/// <param name="request">The request.</param>
/// <param name="goodParts">How many parts of the page there must be.</param>
/// <param name="isLate">Whether another part misses its deadline.</param>
internal sealed class PageClient(byte[] request, int goodParts, bool isLate = false) : ILoadClient
{
    /// <summary>The time of the slowest part, as the page says.</summary>
    public double WaitedMs { get; private set; }

    private static ReadOnlySpan<byte> Duration => "\"durationMs\":"u8;

    /// <summary>One for each person.</summary>
    public static ILoadClient[] Each(IReadOnlyList<LoadTokens> people, string parts, int goodParts, bool isLate = false) =>
    [
        .. people.Select(
            person => new PageClient(RequestBytes.Get($"/api/v1/dashboard?include={parts}", person.AccessToken), goodParts, isLate)),
    ];

    public ReadOnlySpan<byte> Next() => request;

    public bool Take(int status, ReadOnlySpan<byte> body)
    {
        WaitedMs = Slowest(body);
        return status == 200 && body.Count("\"status\":\"ok\""u8) == goodParts && body.IndexOf("\"part_timeout\""u8) >= 0 == isLate;
    }

    private static double Slowest(ReadOnlySpan<byte> body)
    {
        var slowest = 0.0;
        for (var at = body.IndexOf(Duration); at >= 0; at = body.IndexOf(Duration))
        {
            body = body[(at + Duration.Length)..];
            if (Utf8Parser.TryParse(body, out double duration, out _))
                slowest = double.Max(slowest, duration);
        }

        return slowest;
    }
}
