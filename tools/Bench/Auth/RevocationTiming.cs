using System.Diagnostics;
using System.Globalization;
using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Auth;

/// <summary>How long another process of the API still accepts the access token of a user who has signed out.</summary>
/// <remarks>
/// A time is from the answer to the sign-out until the first refusal elsewhere has arrived, so it is at least one round trip. The other
/// process has seen each token before.
/// </remarks>
internal static class RevocationTiming
{
    private const int SignOuts = 300;
    private const int WarmUpSignOuts = 30;
    private const double PromisedMs = 250;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static async Task RunAsync(LoadStack stack, LoadReport report, CancellationToken cancellationToken)
    {
        Console.WriteLine("Signing out at one process and asking another …");
        var settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["Tokens__Issuer"] = "http://portico.example.org" };
        await using var here = await stack.StartApiAsync(settings, cancellationToken);
        await using var elsewhere = await stack.StartApiAsync(settings, cancellationToken);
        using var first = new HttpConnection(here.Address);
        using var other = new HttpConnection(elsewhere.Address);
        List<double> times = [];
        foreach (var (number, person) in (await stack.AddPeopleAsync(SignOuts + WarmUpSignOuts, Role.User, cancellationToken)).Index())
        {
            var token = (await LoadStack.SignInAsync(here, [person], cancellationToken))[0].AccessToken;
            var check = RequestBytes.Get("/api/v1/auth/check", token);
            Expect(200, other.Exchange(check), "A check before the sign-out");
            Expect(204, first.Exchange(RequestBytes.Send("POST", "/api/v1/auth/logout", token, json: "")), "A sign-out");
            var took = UntilRefused(other, check);
            if (number >= WarmUpSignOuts)
                times.Add(took.TotalMilliseconds);
        }

        var (p50, p99, longest) = (Statistics.Median(times), Statistics.Quantile(times, 0.99), times.Max());
        report.AddSection(
            "A session that has ended",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                {SignOuts} people sign out at one process, one after the other. Another process refuses their access tokens after

                | p50 ms | p99 ms | longest ms | promised ms |
                |--:|--:|--:|--:|
                | {p50:0.0} | {p99:0.0} | {longest:0.0} | {PromisedMs:0} |
                """),
            new { signOuts = SignOuts, p50Ms = p50, p99Ms = p99, longestMs = longest });
        if (longest > PromisedMs)
            report.Fail();
    }

    private static void Expect(int expected, int status, string what)
    {
        if (status != expected)
            throw new LoadException($"{what} is answered {status} instead of {expected}.");
    }

    private static TimeSpan UntilRefused(HttpConnection connection, byte[] check)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            if (connection.Exchange(check) == 401)
                return Stopwatch.GetElapsedTime(started);
        }

        throw new LoadException($"A session that has ended is still accepted elsewhere after {Patience.TotalSeconds:0} s.");
    }
}
