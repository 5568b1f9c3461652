using System.Net;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Infrastructure.Events;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

/// <summary>Runs <c>reader/read.mjs</c>, a service in another language with the official client of NATS.</summary>
public sealed class NodeReaderTests
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "Events", "reader");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_official_client_reads_the_stream()
    {
        await NodePackages.InstallAsync();
        await using var app = await PorticoApp.StartAsync(new PorticoAppOptions());
        var person = await app.SignUpAsync();
        await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { DisplayName = "Ада Лавлейс" }).Json(HttpStatusCode.OK);
        var prefix = app.Services.GetRequiredService<EventSettings>().Prefix;

        var run = await Shell.RunAsync("node", ["read.mjs", app.Stack.Nats.ConnectionString, prefix, "2"], "", Folder, Patience);
        Assert.True(run.ExitCode == 0, run.Errors);
        using var document = JsonDocument.Parse(run.Output);
        var events = document.RootElement.EnumerateArray().ToArray();

        Assert.Equal([$"{prefix}.users.registered.v1", $"{prefix}.users.profile-changed.v1"], events.Select(one => one.Text("subject")));
        Assert.All(events, one => Assert.Equal(one.Text("id"), one.GetProperty("event").Text("id")));
        Assert.All(events, one => Assert.StartsWith("application/cloudevents+json", one.Text("contentType"), StringComparison.Ordinal));
        Assert.Equal("Ада Лавлейс", events[1].GetProperty("event").GetProperty("data").Text("displayName"));
    }
}
