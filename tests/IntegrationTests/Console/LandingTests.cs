using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Portico.Domain.Users;
using Portico.IntegrationTests.Browser;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;
using Xunit.Abstractions;

namespace Portico.IntegrationTests.Console;

/// <summary>The landing page of the examples: a guest's forecast from the address to the mail with the result.</summary>
[Collection(ConsoleWorld.Tests.Name)]
public sealed class LandingTests(ConsoleWorld world, ITestOutputHelper output)
{
    private const int Guests = 1_000;

    private const int AtOnce = 8;

    // A guest costs 20 to 30 ms of processor time here. In the suite the others, who have forecasts already, are rows.
    private static int GuestsByApi => Campaign.IsOnRequest ? Guests : 100;

    [Fact]
    [Trait("Category", Campaign.Category)]
    public async Task A_guest_gives_a_forecast_and_a_thousand_guests_hear_the_result_by_mail()
    {
        var manager = await world.App.SignUpAsync(Role.Manager);
        var title = $"Final {Guid.NewGuid():N}";
        var (id, _) = await manager.Announce(title);
        var email = PorticoApp.NewEmail();

        var seen = await BrowserScript.RunAsync("landing.mjs", world.Origin, world.App.Mailbox, email, title);

        Assert.Equal("Кто победит?", seen.Text("heading"));
        Assert.Equal(0, seen.GetProperty("stored").GetInt32());
        Assert.Empty(seen.GetProperty("errors").EnumerateArray());
        Assert.Empty(seen.GetProperty("findings").EnumerateArray());
        // Each button was clicked twice, the second time while the first click was answered.
        Assert.Empty(seen.GetProperty("refusals").EnumerateArray());

        var (clock, processor) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
        var guests = await JoinAsync(id);
        output.WriteLine($"{guests.Length} guests: {clock.Elapsed:g}, {Environment.CpuUsage.TotalTime - processor:g} of this process");
        if (GuestsByApi < Guests)
            await world.App.Database.AddForecasters(id, Guests - GuestsByApi);
        await manager.SetResult(id).Json(HttpStatusCode.OK);

        var mail = await world.App.MessageAsync(email, text => text.Contains(title, StringComparison.Ordinal));
        // The page chose its language by that of the browser, and so did the API for the mail.
        Assert.Contains("вы угадали результат", mail, StringComparison.Ordinal);
        var results = new NewMessages(world.App.Mailbox, text => text.Contains(title, StringComparison.Ordinal));
        await Eventually.Holds(() => Task.FromResult(results.Read().Count >= Guests), "a mail for each guest");
        var told = results.Read().Select(one => one.To).ToArray();
        Assert.Equal(Guests, told.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Guests, told.Length);
        Assert.Empty(guests.Append(email).Except(told, StringComparer.Ordinal));
        output.WriteLine($"with all mails: {clock.Elapsed:g}, {Environment.CpuUsage.TotalTime - processor:g}");
    }

    /// <summary>Guests do what the page does: address, code, forecast; many at the same time.</summary>
    private async Task<string[]> JoinAsync(string eventId)
    {
        var requests = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var codes = new NewMessages(world.App.Mailbox, text => PorticoApp.CodeIn(text).Length > 0);
        var emails = Enumerable.Range(0, GuestsByApi - 1).Select(_ => PorticoApp.NewEmail()).ToArray();
        await EachAsync(emails, async email =>
        {
            var asked = await PostAsync("auth/verify-code", new { email, reason = "registration" }).Json(HttpStatusCode.Accepted);
            requests[email] = asked.Text("requestId");
        });
        await Eventually.Holds(
            () => Task.FromResult(codes.Read().Count(one => requests.ContainsKey(one.To)) == requests.Count), "a code for each guest");
        var codeOf = codes.Read().ToLookup(one => one.To, one => PorticoApp.CodeIn(one.Text), StringComparer.Ordinal);
        await EachAsync(emails, async email =>
        {
            var guest = new TestPerson(world.App, email, "of no use");
            guest.Take(await PostAsync("auth/register", new
            {
                email,
                code = codeOf[email].Last(),
                requestId = requests[email],
                password = $"{Guid.NewGuid():N}",
                displayName = "A guest",
            }).Json(HttpStatusCode.Created));
            await guest.SendAsync(HttpMethod.Post, "/api/v1/forecasts", new { eventId, outcome = "draw" }).Json(HttpStatusCode.Created);
        });
        return emails;
    }

    private Task<HttpResponseMessage> PostAsync(string path, object body) => world.App.Client.PostAsJsonAsync($"/api/v1/{path}", body);

    private static Task EachAsync(IEnumerable<string> emails, Func<string, Task> work) => Parallel.ForEachAsync(
        emails, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (email, _) => await work(email));

    /// <summary>The messages in a folder that are looked for, each file read once.</summary>
    private sealed class NewMessages(string folder, Func<string, bool> isIt)
    {
        private readonly HashSet<string> _known = new(StringComparer.Ordinal);
        private readonly List<(string To, string Text)> _found = [];

        /// <summary>All of them so far.</summary>
        public List<(string To, string Text)> Read()
        {
            foreach (var text in Directory.GetFiles(folder, "*.eml").Where(_known.Add).Select(File.ReadAllText).Where(isIt))
                _found.Add((text.Split("\r\nTo: ", 2)[1].Split("\r\n", 2)[0], text));
            return _found;
        }
    }
}
