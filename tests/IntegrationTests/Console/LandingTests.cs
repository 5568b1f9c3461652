using System.Net;
using Portico.Domain.Users;
using Portico.IntegrationTests.Browser;
using Portico.IntegrationTests.Forecasts;
using Portico.Testing;

namespace Portico.IntegrationTests.Console;

/// <summary>The landing page of the examples: a guest's forecast from the address to the mail with the result.</summary>
[Collection(ConsoleWorld.Tests.Name)]
public sealed class LandingTests(ConsoleWorld world)
{
    private const int OtherGuests = 999;

    [Fact]
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

        await world.App.Database.AddForecasters(id, OtherGuests);
        var before = Messages().Length;
        await manager.SetResult(id).Json(HttpStatusCode.OK);

        var mail = await world.App.MessageAsync(email, text => text.Contains(title, StringComparison.Ordinal));
        // The page chose its language by that of the browser, and so did the API for the mail.
        Assert.Contains("вы угадали результат", mail, StringComparison.Ordinal);
        await Eventually.Holds(() => Task.FromResult(Messages().Length >= before + OtherGuests + 1), "a mail for each guest");
        Assert.Equal(OtherGuests + 1, Messages().Count(file => File.ReadAllText(file).Contains(title, StringComparison.Ordinal)));
    }

    private string[] Messages() => Directory.GetFiles(world.App.Mailbox, "*.eml");
}
