using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Infrastructure.SigningKeys;
using Portico.Testing;

namespace Portico.IntegrationTests.AccessTokens;

/// <summary>A verifier in another language needs the issuer's address and nothing else.</summary>
public sealed class JoseTests
{
    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public async Task Jose_accepts_a_token_and_rejects_a_changed_a_foreign_and_an_expired_one(string algorithm)
    {
        // The next key is published too, so that the verifier has to choose by kid.
        var database = await TestDatabase.CreateAsync(await SharedStack.GetAsync());
        await database.ExecuteAsync("DELETE FROM identity.signing_keys");
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions
        {
            Database = database,
            Settings = { ["Tokens:Algorithm"] = algorithm },
        });
        var settings = app.Services.GetRequiredService<TokenSettings>();
        var person = await app.SignUpAsync();
        var tokens = JoseTokens.Of(app.Services.GetRequiredService<TokenKeys>(), settings);

        var verdicts = await JoseVerifier.JudgeAsync(
            settings.Issuer, settings.Audience, tokens.Append(new("a person's", person.AccessToken)).ToDictionary(StringComparer.Ordinal));

        var theirs = verdicts["a person's"];
        Assert.True(theirs.Ok, theirs.Code);
        var check = await person.GetAsync("/api/v1/auth/check").Json(HttpStatusCode.OK);
        Assert.Equal(check.Text("sub"), theirs.Claims!.Value.GetProperty("sub").GetString());
        JoseTokens.AssertVerdicts(
            verdicts.Where(verdict => tokens.ContainsKey(verdict.Key)).ToDictionary(StringComparer.Ordinal), settings);
    }
}
