using System.Net;
using System.Text.Json;
using Portico.Testing;
using Portico.Testing.Providers;

namespace Portico.IntegrationTests.OAuth;

/// <summary>Each provider with each kind of address and of account, and each provider with each failure.</summary>
[Collection(OAuthWorld.Tests.Name)]
public sealed class OAuthMatrixTests(OAuthWorld world)
{
    public enum Address
    {
        /// <summary>The provider says that it is verified; only Google's word counts.</summary>
        Verified,
        Unverified,
        None,
    }

    public enum Account
    {
        /// <summary>No user has the address.</summary>
        None,

        /// <summary>A user has the address, and the person at the provider reads its messages.</summary>
        Theirs,

        /// <summary>A user has the address, and the person at the provider does not read its messages.</summary>
        SomebodyElses,
    }

    public enum Failure
    {
        Denied,
        WrongState,
        Replayed,
        MissingPkce,
        MixUp,
        MixUpOfCallbacks,
        WrongNonce,
        ExpiredIdToken,
        WrongSignature,
        WrongAudience,
        OtherBrowser,
        ProviderFails,
        ProviderBreaks,
        NoUserInfo,
    }

    public static TheoryData<string, Address, Account> Cells()
    {
        var cells = new TheoryData<string, Address, Account>();
        foreach (var provider in FakeProviders.Names)
        {
            foreach (var address in Enum.GetValues<Address>())
            {
                foreach (var account in Enum.GetValues<Account>())
                    cells.Add(provider, address, account);
            }
        }

        return cells;
    }

    public static TheoryData<string, Failure> Failures()
    {
        var failures = new TheoryData<string, Failure>();
        foreach (var provider in FakeProviders.Names)
        {
            foreach (var failure in Enum.GetValues<Failure>())
                failures.Add(provider, failure);
        }

        return failures;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task Signs_in_by_what_is_proved_and_never_by_an_address_alone(string provider, Address address, Account account)
    {
        var owner = account == Account.None ? null : await world.App.SignUpAsync();
        var email = owner?.Email ?? PorticoApp.NewEmail();
        var person = new FakePerson
        {
            Email = address == Address.None ? null : email,
            IsEmailVerified = address == Address.Verified,
        };

        using var answer = await world.SignInAsync(provider, person);
        var signedIn = new TestPerson(world.App, email, "");
        if (address == Address.None || (provider == "google" && address == Address.Verified && account == Account.None))
        {
            signedIn.Take(await answer.Json(HttpStatusCode.OK));
            Assert.NotEqual(owner?.Id, signedIn.Id);
        }
        else
        {
            // The same answer whether the address is taken or not.
            var challenge = await answer.Json(HttpStatusCode.Accepted);
            Assert.Equal(["addressCode"], challenge.GetProperty("methods").EnumerateArray().Select(method => method.GetString()));
            var code = await world.CodeAsync(email);
            await world.ProveAsync(challenge, OAuthWorld.WrongCode(code)).Problem(HttpStatusCode.BadRequest, "invalid_code");
            if (account == Account.SomebodyElses)
            {
                Assert.Empty(await OAuthWorld.LoginsAsync(owner!));
                await owner!.LogInAsync().Json(HttpStatusCode.OK);
                await owner.RefreshAsync().Json(HttpStatusCode.OK);
                return;
            }

            signedIn.Take(await world.ProveAsync(challenge, code).Json(HttpStatusCode.OK));
            await world.ProveAsync(challenge, code).Problem(HttpStatusCode.BadRequest, "invalid_code");
        }

        var me = await signedIn.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        Assert.Equal([provider], await OAuthWorld.LoginsAsync(signedIn));
        Assert.Equal(person.Email, Optional(me, "email"));
        Assert.Equal(person.Email is not null, Optional(me, "emailVerifiedAt") is not null);
        Assert.Equal(person.Name, me.Text("displayName"));
        if (account == Account.Theirs && address != Address.None)
        {
            Assert.Equal(owner!.Id, signedIn.Id);
            // Whoever linked it knows the mailbox, as after a reset; nothing else of the account changes.
            await owner.LogInAsync().Json(HttpStatusCode.OK);
            await owner.RefreshAsync().Json(HttpStatusCode.OK);
        }

        // From now on the account of the provider is enough, whatever address it has.
        var again = await world.SignedInAsync(provider, person with { Email = PorticoApp.NewEmail(), IsEmailVerified = false });
        Assert.Equal(signedIn.Id, again.Id);
        Assert.NotEqual(signedIn.SessionId, again.SessionId);
    }

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task Refuses_what_was_not_begun_here_and_what_the_provider_did_not_say(string provider, Failure failure)
    {
        var person = new FakePerson { Fault = FaultOf(failure) };
        using var browser = world.Browser();
        using var otherBrowser = world.Browser();
        var authorization = await browser.StartAsync(provider, OAuthWorld.To(OAuthWorld.Frontend));
        var callback = await browser.DecideAsync(authorization, person);

        switch (failure)
        {
            case Failure.WrongState:
                var forged = callback.Query.Contains("state=A", StringComparison.Ordinal) ? "state=B" : "state=A";
                var url = new Uri(callback.AbsoluteUri.Replace("state=" + State(callback)[0], forged, StringComparison.Ordinal));
                await browser.OpenAsync(url).Problem(HttpStatusCode.BadRequest, "invalid_state");
                await browser.OpenAsync(new Uri(callback, "callback?code=1")).Problem(HttpStatusCode.BadRequest, "invalid_state");
                break;
            case Failure.OtherBrowser:
                await otherBrowser.OpenAsync(callback).Problem(HttpStatusCode.BadRequest, "invalid_state");
                // It has cookies of its own, of another flow.
                await otherBrowser.StartAsync(provider, OAuthWorld.To(OAuthWorld.Frontend));
                await otherBrowser.OpenAsync(callback).Problem(HttpStatusCode.BadRequest, "invalid_state");
                break;
            case Failure.Replayed:
                var cookies = browser.Cookies.ToArray();
                Assert.NotNull(OAuthWorld.CodeIn(await EndOf(browser.OpenAsync(callback))));
                await browser.OpenAsync(callback).Problem(HttpStatusCode.BadRequest, "invalid_state");
                // Also with the cookie that the first answer has removed.
                foreach (var (name, value) in cookies)
                    browser.Cookies[name] = value;
                await browser.OpenAsync(callback).Problem(HttpStatusCode.BadRequest, "invalid_state");
                break;
            case Failure.MixUpOfCallbacks:
                var other = FakeProviders.Names[(FakeProviders.Names.ToList().IndexOf(provider) + 1) % FakeProviders.Names.Count];
                var moved = new Uri(callback.AbsoluteUri.Replace($"/{provider}/", $"/{other}/", StringComparison.Ordinal));
                await browser.OpenAsync(moved).Problem(HttpStatusCode.BadRequest, "invalid_state");
                break;
            case Failure.WrongNonce or Failure.ExpiredIdToken or Failure.WrongSignature or Failure.WrongAudience when provider != "google":
                // The others have no id token: one that appears names nobody.
                var end = await EndOf(browser.OpenAsync(callback));
                if (OAuthWorld.ErrorIn(end) is null)
                {
                    var signedIn = new TestPerson(world.App, "", "");
                    signedIn.Take(await browser.ExchangeAsync(new { code = OAuthWorld.CodeIn(end) }).Json(HttpStatusCode.OK));
                    Assert.Equal(signedIn.Id, (await world.SignedInAsync(provider, person with { Fault = ProviderFault.None })).Id);
                }

                break;
            default:
                var refused = await EndOf(browser.OpenAsync(callback));
                Assert.StartsWith(OAuthWorld.Frontend, refused.AbsoluteUri, StringComparison.Ordinal);
                Assert.Equal(
                    failure switch
                    {
                        Failure.Denied => "access_denied",
                        Failure.ProviderFails or Failure.ProviderBreaks => "provider_unavailable",
                        _ => "sign_in_failed",
                    },
                    OAuthWorld.ErrorIn(refused));
                Assert.DoesNotContain("code=", refused.Query, StringComparison.Ordinal);
                break;
        }
    }

    private static ProviderFault FaultOf(Failure failure) => failure switch
    {
        Failure.Denied => ProviderFault.Denies,
        Failure.MissingPkce => ProviderFault.CodeOfAnotherFlow,
        Failure.MixUp => ProviderFault.WrongIssuer,
        Failure.WrongNonce => ProviderFault.WrongNonce,
        Failure.ExpiredIdToken => ProviderFault.ExpiredIdToken,
        Failure.WrongSignature => ProviderFault.WrongSignature,
        Failure.WrongAudience => ProviderFault.WrongAudience,
        Failure.ProviderFails => ProviderFault.Fails,
        Failure.ProviderBreaks => ProviderFault.Breaks,
        Failure.NoUserInfo => ProviderFault.RefusesUserInfo,
        _ => ProviderFault.None,
    };

    private static string State(Uri callback) => System.Web.HttpUtility.ParseQueryString(callback.Query)["state"]!;

    private static async Task<Uri> EndOf(Task<HttpResponseMessage> opened)
    {
        using var answer = await opened;
        Assert.True(answer.Headers.Location is not null, await answer.Content.ReadAsStringAsync());
        return answer.Headers.Location;
    }

    private static string? Optional(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) ? value.GetString() : null;
}
