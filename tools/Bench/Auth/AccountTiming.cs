using System.Diagnostics;
using System.Globalization;
using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Auth;

/// <summary>Tries wrong passwords of addresses with an account and without one, in turn, and asks whether the times differ.</summary>
/// <remarks>
/// Less memory for the hash than in production, so that its own variation hides less; a hash that is left out would still stand out. Each
/// address is tried once, so that no limit of tries plays a part.
/// </remarks>
internal static class AccountTiming
{
    private const int Pairs = 1500;
    private const int WarmUpPairs = 200;
    private const int MemoryKiB = 1024;

    // Less than this beyond a coin's half, an attacker would need more tries of one address than anybody gets.
    private const double SmallestUse = 0.05;
    private const double PValue = 0.001;

    public static async Task RunAsync(LoadStack stack, LoadReport report, CancellationToken cancellationToken)
    {
        Console.WriteLine("Comparing addresses with and without an account …");
        await using var api = await stack.StartApiAsync(
            new Dictionary<string, string>(StringComparer.Ordinal) { ["Passwords__Argon2MemoryKiB"] = $"{MemoryKiB}" }, cancellationToken);
        var people = await stack.AddPeopleAsync(Pairs + WarmUpPairs, Role.User, cancellationToken, MemoryKiB);
        List<double> known = [], unknown = [];
        using var connection = new HttpConnection(api.Address);
        foreach (var (number, person) in people.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (mine, nobodys) = (
                AuthScenario.SignIn(person.Email, "wrong horse battery staple"),
                AuthScenario.SignIn($"p{Guid.NewGuid():N}@example.org", "wrong horse battery staple"));
            // In a random order: what the first of two does to caches and limits falls to either.
            var isKnownFirst = Random.Shared.Next(2) == 0;
            var first = MsOf(connection, isKnownFirst ? mine : nobodys);
            var second = MsOf(connection, isKnownFirst ? nobodys : mine);
            if (number < WarmUpPairs)
                continue;
            known.Add(isKnownFirst ? first : second);
            unknown.Add(isKnownFirst ? second : first);
        }

        var comparison = Statistics.Compare(known, unknown);
        var isToldApart = comparison.P < PValue && Math.Abs(comparison.Superiority - 0.5) > SmallestUse;
        var verdict = isToldApart
            ? "**told apart**: the times say who has an account"
            : comparison.P < PValue
                ? "a difference too small to be of use: one try is right as often as a coin"
                : "not told apart";
        report.AddSection(
            "A known and an unknown address",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                {2 * Pairs} sign-ins with a wrong password, one after the other, each address once, in random order;
                Argon2id hash of {MemoryKiB:N0} KiB.

                | | median ms | p5 ms | p95 ms |
                |---|--:|--:|--:|
                | with an account | {Row(known)} |
                | without one | {Row(unknown)} |

                Mann-Whitney: z = {comparison.Z:0.00}, p = {comparison.P:0.0000}; a known one is the slower of two in
                {100 * comparison.Superiority:0.0} % (50 % is a coin). Verdict: {verdict}.
                """),
            new
            {
                tries = 2 * Pairs,
                knownMedianMs = Statistics.Median(known),
                unknownMedianMs = Statistics.Median(unknown),
                comparison.Z,
                comparison.P,
                comparison.Superiority,
                isToldApart
            });
        if (isToldApart)
            report.Fail();
    }

    private static string Row(List<double> times) => string.Join(
        " | ", ((double[])[0.5, 0.05, 0.95])
            .Select(share => Statistics.Quantile(times, share).ToString("0.000", CultureInfo.InvariantCulture)));

    private static double MsOf(HttpConnection connection, byte[] request)
    {
        var started = Stopwatch.GetTimestamp();
        var status = connection.Exchange(request);
        var taken = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return status == 401 ? taken : throw new LoadException($"A wrong password is answered {status} instead of 401.");
    }
}
