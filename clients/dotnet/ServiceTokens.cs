using System.ComponentModel.DataAnnotations;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Portico.Client;

/// <summary>A service account, and where Portico is.</summary>
public sealed class ServiceAccountOptions
{
    /// <summary>The address of Portico, without a slash at its end.</summary>
    [Required, RegularExpression(PorticoTokenOptions.Address, ErrorMessage = PorticoTokenOptions.AddressProblem)]
    public string Url { get; set; } = "";

    /// <summary>The id of the account.</summary>
    [Required] public string ClientId { get; set; } = "";

    /// <summary>A secret of the account.</summary>
    [Required] public string ClientSecret { get; set; } = "";
}

/// <summary>Calls Portico as a service account.</summary>
public static class ServiceAccountClient
{
    /// <summary>The name of the <see cref="HttpClient"/> whose requests have a token of the account.</summary>
    public const string Name = "Portico";

    internal const string TokenClient = "Portico.Tokens";

    /// <summary>Adds the <see cref="HttpClient"/> with the name <see cref="Name"/>, and <see cref="ServiceTokens"/>.</summary>
    public static IHttpClientBuilder AddPorticoClient(this IServiceCollection services, Action<ServiceAccountOptions> configure)
    {
        services.AddOptions<ServiceAccountOptions>().Configure(configure).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ServiceTokens>();
        services.AddHttpClient(TokenClient, Configure);
        return services.AddHttpClient(Name, Configure)
            .AddHttpMessageHandler(provider => new Handler(provider.GetRequiredService<ServiceTokens>()));
    }

    private static void Configure(IServiceProvider services, HttpClient client) =>
        client.BaseAddress = new Uri(services.GetRequiredService<IOptions<ServiceAccountOptions>>().Value.Url);

    private sealed class Handler(ServiceTokens tokens) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new("Bearer", await tokens.GetAsync(cancellationToken));
            return await base.SendAsync(request, cancellationToken);
        }
    }
}

/// <summary>Access tokens of the service account. One is kept until nine tenths of its lifetime are over.</summary>
/// <remarks>Safe for any number of threads; callers who wait for a token share one request.</remarks>
public sealed class ServiceTokens(IHttpClientFactory clients, IOptions<ServiceAccountOptions> account, TimeProvider clock)
{
    private readonly Lock _lock = new();
    private Task<Token>? _current;

    /// <summary>A token that is valid for some time.</summary>
    /// <exception cref="PorticoException">Portico refuses the account.</exception>
    /// <exception cref="HttpRequestException">Portico is unavailable.</exception>
    public async Task<string> GetAsync(CancellationToken cancellationToken = default)
    {
        Task<Token> current;
        lock (_lock)
            current = _current = _current is { } known && IsUsable(known) ? known : RequestAsync();
        return (await current.WaitAsync(cancellationToken)).Value;
    }

    private bool IsUsable(Task<Token> request) =>
        !request.IsCompleted || (request.IsCompletedSuccessfully && clock.GetUtcNow() < request.Result.RenewAt);

    private async Task<Token> RequestAsync()
    {
        using var client = clients.CreateClient(ServiceAccountClient.TokenClient);
        var asked = clock.GetUtcNow();
        var (id, secret) = (account.Value.ClientId, account.Value.ClientSecret);
        using var answer = await client.PostAsJsonAsync(
            "/api/v1/auth/token", new { grant_type = "client_credentials", client_id = id, client_secret = secret });
        await PorticoException.ThrowIfErrorAsync(answer);
        var granted = await answer.Content.ReadFromJsonAsync<JsonElement>();
        // A tenth of the lifetime is left for the requests that have the token.
        var renewAt = asked + TimeSpan.FromSeconds(0.9 * granted.GetProperty("expires_in").GetInt64());
        return new Token(granted.GetProperty("access_token").GetString()!, renewAt);
    }

    private sealed record Token(string Value, DateTimeOffset RenewAt);
}
