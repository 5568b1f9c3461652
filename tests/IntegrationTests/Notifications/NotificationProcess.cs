using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Application.Notifications;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Infrastructure;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Notifications;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.RateLimiting;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.SigningKeys;
using Portico.Testing;

namespace Portico.IntegrationTests.Notifications;

/// <summary>What the database knows of a message.</summary>
internal sealed record KeptMessage(Guid Id, string Status, int Tries, string? Reason, string Fields);

/// <summary>A process that does nothing but send the notifications of a database.</summary>
internal sealed class NotificationProcess : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly NotificationDelivery _delivery;

    private NotificationProcess(ServiceProvider services, TestDatabase database)
    {
        (_services, Database) = (services, database);
        _delivery = ActivatorUtilities.CreateInstance<NotificationDelivery>(services);
    }

    public TestDatabase Database { get; }

    public static async Task<NotificationProcess> StartAsync(
        TestDatabase database, MailServer server, params (string Name, string Value)[] settings)
    {
        var configuration = database.Settings();
        configuration["Redis:ConnectionString"] = (await SharedStack.GetAsync()).Redis.ConnectionString;
        configuration["Mail:Smtp:Host"] = "localhost";
        configuration["Mail:Smtp:Port"] = $"{server.Port}";
        configuration["Mail:Smtp:Security"] = "None";
        configuration["Mail:Smtp:Timeout"] = "00:00:05";
        configuration["Mail:RetryAfter"] = "00:00:00.1";
        foreach (var (name, value) in settings)
            configuration[name] = value;
        var root = new ConfigurationBuilder().AddInMemoryCollection(configuration).Build();
        var services = new ServiceCollection()
            .AddLogging()
            .AddMetrics()
            .AddSingleton(TimeProvider.System)
            .AddSystemCaller()
            .AddPersistence(root)
            .AddSingleton(new TokenSettings())
            .AddRedis(root)
            .AddNotifications(root);
        var process = new NotificationProcess(services.BuildServiceProvider(), database);
        await process._delivery.StartAsync(CancellationToken.None);
        return process;
    }

    public async Task<Guid> PersonAsync(string address, string locale = "en")
    {
        Assert.True(ContactAddress.TryParseEmail(address, out var email));
        var user = User.Register(email, "Ada", locale, DateTimeOffset.UtcNow);
        await Do<IAppDbContext>((db, _) =>
        {
            db.Users.Add(user);
            return Task.CompletedTask;
        });
        return user.Id;
    }

    public Task PostAsync(Guid userId, Notification notification, Guid? eventId = null) =>
        Do<INotificationQueue>((queue, token) => queue.Enqueue(eventId ?? Guid.CreateVersion7(), userId, notification, token));

    public async Task<KeptMessage[]> MessagesAsync(Guid userId) =>
    [
        .. await Database.RowsAsync(
            "SELECT id, status, tries, reason, fields::text FROM messages WHERE user_id = $1 ORDER BY id",
            row => new KeptMessage(
                row.GetGuid(0), row.GetString(1), row.GetInt32(2), row.IsDBNull(3) ? null : row.GetString(3), row.GetString(4)),
            userId),
    ];

    /// <summary>The person's only message, once it has this status.</summary>
    public Task<KeptMessage> MessageAsync(Guid userId, string status) => Eventually.Get(
        async () =>
            (await MessagesAsync(userId)).SingleOrDefault() is { } message
                && message.Status == status ? message : null, $"a message that is {status}");

    public async ValueTask DisposeAsync()
    {
        await _delivery.StopAsync(CancellationToken.None);
        _delivery.Dispose();
        await _services.DisposeAsync();
    }

    private async Task Do<TService>(Func<TService, CancellationToken, Task> work)
        where TService : notnull
    {
        await using var scope = _services.CreateAsyncScope();
        var service = scope.ServiceProvider.GetRequiredService<TService>();
        var done = await scope.ServiceProvider.GetRequiredService<ITransaction>().Run<Result<Unit>>(
            async token =>
            {
                await work(service, token);
                return Unit.Value;
            },
            CancellationToken.None);
        Assert.Null(done.Error);
    }
}
