using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Portico.Bench.Load;
using Portico.Domain.Users;

namespace Portico.Bench.Auth;

/// <summary>How long another process of the API still takes the access token of somebody who has signed out.</summary>
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
        using var connection = new HttpConnection(elsewhere.Address);
        List<double> times = [];
        foreach (var (number, person) in (await stack.AddPeopleAsync(SignOuts + WarmUpSignOuts, Role.User, cancellationToken)).Index())
        {
            var token = (await LoadStack.SignInAsync(here, [person], cancellationToken))[0].AccessToken;
            var check = RequestBytes.Get("/api/v1/auth/check", token);
            if (connection.Exchange(check) is var status and not 200)
                throw new LoadException($"A check elsewhere is answered {status} before the sign-out.");
            await SignOutAsync(here, token, cancellationToken);
            var took = UntilRefused(connection, check);
            if (number >= WarmUpSignOuts)
                times.Add(took.TotalMilliseconds);
        }

        var longest = times.Max();
        report.AddSection(
            "A session that has ended",
            string.Create(
                CultureInfo.InvariantCulture,
                $"""
                {SignOuts} people sign out at one process, one after the other. Another process refuses their access tokens after

                | p50 ms | p99 ms | longest ms | promised ms |
                |--:|--:|--:|--:|
                | {Statistics.Median(times):0.0} | {Statistics.Quantile(times, 0.99):0.0} | {longest:0.0} | {PromisedMs:0} |
                """),
            new { signOuts = SignOuts, p50Ms = Statistics.Median(times), p99Ms = Statistics.Quantile(times, 0.99), longestMs = longest });
        if (longest > PromisedMs)
            report.Fail();
    }

    private static async Task SignOutAsync(ApiProcess api, string token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/auth/logout");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var answer = await api.Client.SendAsync(request, cancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    private static TimeSpan UntilRefused(HttpConnection connection, byte[] check)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            if (connection.Exchange(check) == 401)
                return Stopwatch.GetElapsedTime(started);
        }

        throw new LoadException($"A session that has ended is still taken elsewhere after {Patience.TotalSeconds:0} s.");
    }
}
