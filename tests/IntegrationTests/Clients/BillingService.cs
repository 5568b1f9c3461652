using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using NATS.Client.Core;
using Npgsql;
using Portico.Client;

namespace Portico.IntegrationTests.Clients;

/// <summary>A service of another team, as the README of <c>clients/dotnet</c> shows it.</summary>
internal static class BillingService
{
    public static void AddCallers(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication().AddPortico(tokens => tokens.Issuer = builder.Configuration["Portico:Url"]!);
        builder.Services.AddAuthorization();
    }

    public static void Map(WebApplication app)
    {
        app.MapGet("/invoices", (ClaimsPrincipal caller) => $"The invoices of {caller.GetPorticoId()}.").RequireAuthorization();
        app.MapGet("/invoices/all", () => "All invoices.").RequireAuthorization(policy => policy.RequireRole(PorticoCaller.Manager));
        app.MapGet("/totals", () => "All totals.").RequirePermission("money.read");
        app.MapGet("/wallets/{id}/balance", async (Guid id, IHttpClientFactory clients, CancellationToken cancellationToken) =>
        {
            using var client = clients.CreateClient(ServiceAccountClient.Name);
            using var answer = await client.GetAsync($"/api/v1/wallets/{id}/balance", cancellationToken);
            await PorticoException.ThrowIfErrorAsync(answer, cancellationToken);
            return await answer.Content.ReadAsStringAsync(cancellationToken);
        });
    }

    public static void AddAccount(WebApplicationBuilder builder)
    {
        builder.Services.AddPorticoClient(account =>
        {
            account.Url = builder.Configuration["Portico:Url"]!;
            account.ClientId = builder.Configuration["Portico:ClientId"]!;
            account.ClientSecret = builder.Configuration["Portico:ClientSecret"]!;
        });
    }

    public static void AddEvents(HostApplicationBuilder builder)
    {
        builder.Services.AddSingleton(_ => NpgsqlDataSource.Create(builder.Configuration["Database"]!));
        builder.Services.AddSingleton<INatsConnection>(_ => new NatsConnection(new NatsOpts { Url = builder.Configuration["Nats"]! }));
        builder.Services.AddPorticoEvents<Customers, UserRegistered>(
            "users.registered.v1", consumer: "billing-customers", builder.Configuration["Portico:Stream"]!);
    }
}

internal sealed record UserRegistered(Guid UserId, string DisplayName);

internal sealed class Customers(NpgsqlDataSource database) : IEventHandler<UserRegistered>
{
    // One statement: the id of the event and the customer are stored together, or neither is.
    public async Task HandleAsync(EventEnvelope<UserRegistered> received, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            WITH received AS (INSERT INTO handled_events (id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id)
            INSERT INTO customers (user_id, name) SELECT $2, $3 FROM received
            """);
        command.Parameters.Add(new() { Value = received.Id });
        command.Parameters.Add(new() { Value = received.Data.UserId });
        command.Parameters.Add(new() { Value = received.Data.DisplayName });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task StoreDeadLetterAsync(ReadOnlyMemory<byte> envelope, string reason)
    {
        await using var command = database.CreateCommand("INSERT INTO dead_letters (envelope, reason) VALUES ($1, $2)");
        command.Parameters.Add(new() { Value = envelope.ToArray() });
        command.Parameters.Add(new() { Value = reason });
        await command.ExecuteNonQueryAsync();
    }
}
