using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Portico.Testing.Providers;

/// <summary>Google, Facebook, VK ID and Yandex ID on a real server, each with its own endpoints, field names and error forms.</summary>
/// <remarks>
/// A browser of the tests says with the header <c>X-Person</c> who sits in front of it, and a real one on a page with a form. What a
/// provider checks is checked here too: the secret of the client, the redirect URI, the single use of a code, PKCE, the device id of VK.
/// </remarks>
public sealed class FakeProviders : IAsyncDisposable
{
    public const string PersonHeader = "X-Person";
    public const string ClientSecret = "a secret that only the client has";

    private const string KeyId = "key-1";
    private const string PersonField = "account";

    // Making one takes longer than most tests.
    private static readonly RSA Key = RSA.Create(2048);
    private static readonly RSA OtherKey = RSA.Create(2048);

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, FakePerson> _people = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Grant> _codes = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Grant> _tokens = new(StringComparer.Ordinal);

    private FakeProviders(WebApplication app) => _app = app;

    public static IReadOnlyList<string> Names { get; } = ["google", "facebook", "vk", "yandex"];

    public Uri Address => _app.Address();

    /// <summary>Where browsers find the providers: for them it is another site than Portico at 127.0.0.1.</summary>
    public Uri PublicAddress => new UriBuilder(Address) { Host = "localhost" }.Uri;

    /// <summary>Whether Google's server answers nothing but errors when it is asked for its endpoints.</summary>
    public bool IsGoogleAway { get; set; }

    /// <summary>The authorization requests that browsers brought, by their state.</summary>
    public ConcurrentDictionary<string, IReadOnlyDictionary<string, string>> Requests { get; } = new(StringComparer.Ordinal);

    public static async Task<FakeProviders> StartAsync()
    {
        var app = LoopbackApp.Create();
        var fake = new FakeProviders(app);
        fake.Map(app);
        await app.StartAsync();
        return fake;
    }

    /// <summary>The settings of an application that uses them.</summary>
    public IDictionary<string, string?> Settings()
    {
        var settings = new Dictionary<string, string?>(StringComparer.Ordinal) { ["OAuth:Google:Issuer"] = $"{Address}google" };
        foreach (var section in (string[])["Google", "Facebook", "Vk", "Yandex"])
        {
#pragma warning disable CA1308 // The names of the providers are in lower case.
            var name = section.ToLowerInvariant();
#pragma warning restore CA1308
            settings[$"OAuth:{section}:ClientId"] = $"{name}-client";
            settings[$"OAuth:{section}:ClientSecret"] = ClientSecret;
            if (section == "Google")
                continue;

            settings[$"OAuth:{section}:AuthorizationUrl"] = $"{PublicAddress}{name}/authorize";
            settings[$"OAuth:{section}:TokenUrl"] = $"{Address}{name}/token";
            settings[$"OAuth:{section}:UserInfoUrl"] = $"{Address}{name}/me";
        }

        return settings;
    }

    /// <summary>Lets a person sit in front of browsers.</summary>
    /// <returns>The value of <see cref="PersonHeader"/>.</returns>
    public string Add(FakePerson person)
    {
        var key = Guid.NewGuid().ToString("N");
        _people[key] = person;
        return key;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private void Map(WebApplication app)
    {
        app.MapGet("/google/.well-known/openid-configuration", () => IsGoogleAway ? Results.StatusCode(503) : Results.Json(new
        {
            issuer = Issuer,
            authorization_endpoint = $"{PublicAddress}google/authorize",
            token_endpoint = $"{Issuer}/token",
            userinfo_endpoint = $"{Issuer}/me",
            jwks_uri = $"{Issuer}/keys",
            response_types_supported = (string[])["code", "token", "id_token"],
            response_modes_supported = (string[])["query", "fragment", "form_post"],
            subject_types_supported = (string[])["public"],
            id_token_signing_alg_values_supported = (string[])["RS256"],
            scopes_supported = (string[])["openid", "email", "profile"],
            token_endpoint_auth_methods_supported = (string[])["client_secret_post", "client_secret_basic"],
            grant_types_supported = (string[])["authorization_code", "refresh_token"],
            code_challenge_methods_supported = (string[])["plain", "S256"],
        }));
        app.MapGet("/google/keys", () => Results.Json(new { keys = (object[])[PublicKey()] }));
        foreach (var provider in Names)
        {
            app.MapGet($"/{provider}/authorize", context => AuthorizeAsync(provider, context));
            app.MapPost($"/{provider}/token", context => TokenAsync(provider, context));
            app.MapMethods($"/{provider}/me", ["GET", "POST"], context => UserInfoAsync(provider, context));
        }
    }

    private string Issuer => $"{Address}google";

    private Task AuthorizeAsync(string provider, HttpContext context)
    {
        var query = context.Request.Query.ToDictionary(pair => pair.Key, pair => pair.Value.ToString(), StringComparer.Ordinal);
        query.Remove(PersonField, out var chosen);
        var key = chosen ?? context.Request.Headers[PersonHeader].ToString();
        if (key.Length == 0)
            return AskAsync(query, context);

        var person = _people[key];
        Requests[query["state"]] = query;
        var back = new Dictionary<string, string>(StringComparer.Ordinal) { ["state"] = query["state"] };
        if (person.Fault == ProviderFault.Denies)
        {
            back["error"] = "access_denied";
            back["error_description"] = "The user said no.";
            if (provider == "facebook")
                (back["error_code"], back["error_reason"]) = ("200", "user_denied");
        }
        else
        {
            var code = Random();
            _codes[code] = new Grant(
                provider, person, query["client_id"], query["redirect_uri"], query.GetValueOrDefault("code_challenge", ""),
                query.GetValueOrDefault("code_challenge_method", ""), query.GetValueOrDefault("nonce", ""), Random());
            back["code"] = code;
            if (provider == "vk")
                (back["type"], back["device_id"], back["ext_id"], back["expires_in"]) = ("code_v2", _codes[code].Device, Random(), "600");
            if (provider == "yandex")
                back["cid"] = Random();
            // A code that was made for a flow without PKCE, or for another one: somebody injects it.
            if (person.Fault == ProviderFault.CodeOfAnotherFlow)
                _codes[code] = _codes[code] with { Challenge = "", Method = "" };
        }

        if (person.Fault == ProviderFault.WrongIssuer)
            back["iss"] = "https://attacker.example.com";
        else if (provider == "google")
            back["iss"] = Issuer;
        context.Response.Redirect(
            query["redirect_uri"] + "?" + string.Join('&', back.Select(pair => $"{pair.Key}={Uri.EscapeDataString(pair.Value)}")));
        return Task.CompletedTask;
    }

    /// <summary>Asks the person in front of a browser which account to use.</summary>
    private static Task AskAsync(IEnumerable<KeyValuePair<string, string>> query, HttpContext context)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        var fields = query.Select(
            field => $"""<input type="hidden" name="{WebUtility.HtmlEncode(field.Key)}" value="{WebUtility.HtmlEncode(field.Value)}">""");
        return context.Response.WriteAsync(
            $"""
            <!doctype html><title>Sign in</title>
            <form>{string.Concat(fields)}<label>Account <input name="{PersonField}"></label><button>Continue</button></form>
            """);
    }

    private async Task TokenAsync(string provider, HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        string Field(string name) => form[name].ToString();
        if (!_codes.TryRemove(Field("code"), out var grant)
            || grant.Provider != provider
            || Field("grant_type") != "authorization_code"
            || Field("client_id") != grant.Client
            || Field("client_secret") != ClientSecret
            || Field("redirect_uri") != grant.RedirectUri
            || !IsMet(grant, Field("code_verifier"))
            || (provider == "vk" && Field("device_id") != grant.Device))
        {
            await RefuseAsync(provider, context);
            return;
        }

        if (grant.Person.Fault == ProviderFault.Fails)
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

        if (grant.Person.Fault == ProviderFault.Breaks)
        {
            context.Abort();
            return;
        }

        var token = Random();
        _tokens[token] = grant;
        var answer = new JsonObject { ["access_token"] = token, ["token_type"] = "Bearer", ["expires_in"] = 3600 };
        if (provider == "google")
            (answer["scope"], answer["id_token"]) = ("openid email profile", IdToken(grant));
        else if (grant.Person.Fault is ProviderFault.WrongNonce or ProviderFault.ExpiredIdToken or ProviderFault.WrongSignature
            or ProviderFault.WrongAudience)
            // These have no id token: one that appears must not name anybody.
            answer["id_token"] = IdToken(grant with { Person = grant.Person with { Subject = "a-stranger" } });
        if (provider == "vk")
            (answer["user_id"], answer["scope"]) = (long.Parse(grant.Person.Subject), "email vkid.personal_info");
        await context.Response.WriteAsJsonAsync(answer);
    }

    private async Task UserInfoAsync(string provider, HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        var token = header.Contains(' ', StringComparison.Ordinal) ? header[(header.IndexOf(' ', StringComparison.Ordinal) + 1)..]
            : context.Request.HasFormContentType ? (await context.Request.ReadFormAsync())["access_token"].ToString()
            : context.Request.Query["access_token"].ToString();
        if (!_tokens.TryGetValue(token, out var grant) || grant.Provider != provider
            || grant.Person.Fault == ProviderFault.RefusesUserInfo)
        {
            await RefuseAsync(provider, context);
            return;
        }

        await context.Response.WriteAsJsonAsync(UserInfo(provider, grant.Person, context));
    }

    private static JsonObject UserInfo(string provider, FakePerson person, HttpContext context)
    {
        var answer = new JsonObject();
        switch (provider)
        {
            case "google":
                (answer["sub"], answer["name"]) = (person.Subject, person.Name);
                if (person.Email is not null)
                    (answer["email"], answer["email_verified"]) = (person.Email, person.IsEmailVerified);
                return answer;
            case "facebook":
                // The Graph API gives what is asked for; without a permission or a mailbox there is no address.
                var fields = context.Request.Query["fields"].ToString().Split(',');
                answer["id"] = person.Subject;
                if (fields.Contains("name"))
                    answer["name"] = person.Name;
                if (fields.Contains("email") && person.Email is not null)
                    (answer["email"], answer["email_verified"], answer["verified"]) = (person.Email, person.IsEmailVerified, true);
                return answer;
            case "vk":
                var user = new JsonObject
                {
                    ["user_id"] = person.Subject,
                    ["first_name"] = person.Name.Split(' ')[0],
                    ["last_name"] = person.Name.Split(' ')[^1],
                    // Of the person, not of the address.
                    ["verified"] = true,
                };
                if (person.Email is not null)
                    (user["email"], user["email_verified"]) = (person.Email, person.IsEmailVerified);
                answer["user"] = user;
                return answer;
            default:
                (answer["id"], answer["login"], answer["display_name"]) = (person.Subject, "ada.lovelace", person.Name);
                (answer["client_id"], answer["psuid"]) = ("yandex-client", Random());
                if (person.Email is not null)
                {
                    (answer["default_email"], answer["email_verified"]) = (person.Email, person.IsEmailVerified);
                    answer["emails"] = new JsonArray(person.Email);
                }

                return answer;
        }
    }

    private static async Task RefuseAsync(string provider, HttpContext context)
    {
        context.Response.StatusCode = provider == "vk" ? StatusCodes.Status200OK : StatusCodes.Status400BadRequest;
        object answer = provider switch
        {
            "facebook" => new
            {
                error = new { message = "Invalid verification code format.", type = "OAuthException", code = 100, fbtrace_id = Random() },
            },
            "yandex" => new { error = "bad_verification_code", error_description = "Invalid code" },
            _ => new { error = "invalid_grant", error_description = "The code is not valid." },
        };
        await context.Response.WriteAsJsonAsync(answer);
    }

    private static bool IsMet(Grant grant, string verifier) => grant.Method switch
    {
        "S256" => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))) == grant.Challenge,
        // RFC 9700, 4.8.2: a verifier for a code without a challenge is a downgrade or an injection.
        _ => verifier.Length == 0,
    };

    private string IdToken(Grant grant)
    {
        var (person, now) = (grant.Person, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        var claims = new JsonObject
        {
            ["iss"] = Issuer,
            ["azp"] = grant.Client,
            ["aud"] = person.Fault == ProviderFault.WrongAudience ? "another-client" : grant.Client,
            ["sub"] = person.Subject,
            ["name"] = person.Name,
            ["nonce"] = person.Fault == ProviderFault.WrongNonce ? Random() : grant.Nonce,
            ["iat"] = person.Fault == ProviderFault.ExpiredIdToken ? now - 7200 : now,
            ["exp"] = person.Fault == ProviderFault.ExpiredIdToken ? now - 3600 : now + 3600,
        };
        if (person.Email is not null)
            (claims["email"], claims["email_verified"]) = (person.Email, person.IsEmailVerified);
        var text = $"{Encode(new JsonObject { ["alg"] = "RS256", ["kid"] = KeyId, ["typ"] = "JWT" })}.{Encode(claims)}";
        var key = person.Fault == ProviderFault.WrongSignature ? OtherKey : Key;
        var signature = key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        return $"{text}.{Base64Url.EncodeToString(signature)}";
    }

    private static object PublicKey()
    {
        var parameters = Key.ExportParameters(includePrivateParameters: false);
        return new
        {
            kty = "RSA",
            use = "sig",
            alg = "RS256",
            kid = KeyId,
            n = Base64Url.EncodeToString(parameters.Modulus),
            e = Base64Url.EncodeToString(parameters.Exponent),
        };
    }

    private static string Encode(JsonObject json) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(json));

    private static string Random() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));

    private sealed record Grant(
        string Provider, FakePerson Person, string Client, string RedirectUri, string Challenge, string Method, string Nonce,
        string Device);
}

/// <summary>Somebody with an account at a provider.</summary>
public sealed record FakePerson
{
    /// <summary>The provider's id of the account; digits, because VK has numbers.</summary>
    public string Subject { get; init; } = $"{Random.Shared.NextInt64(1_000_000_000_000, 10_000_000_000_000)}";

    public string? Email { get; init; }
    public bool IsEmailVerified { get; init; }
    public string Name { get; init; } = "Ada Lovelace";
    public ProviderFault Fault { get; init; }
}

/// <summary>What goes wrong at a provider, or on the way back from it.</summary>
public enum ProviderFault
{
    None = 0,
    Denies,
    WrongIssuer,
    WrongNonce,
    ExpiredIdToken,
    WrongSignature,
    WrongAudience,
    CodeOfAnotherFlow,
    Fails,
    Breaks,
    RefusesUserInfo,
}
