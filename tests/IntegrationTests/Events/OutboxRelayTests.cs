using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Portico.Infrastructure.Nats;
using Portico.Testing;

namespace Portico.IntegrationTests.Events;

public sealed class OutboxRelayTests
{
    [Fact]
    public async Task Publishes_what_happened_as_a_cloud_event()
    {
        var app = await PorticoApp.SharedAsync();
        var person = await app.SignUpAsync();
        var me = await person.GetAsync("/api/v1/users/me").Json(HttpStatusCode.OK);
        var id = me.GetProperty("id").GetGuid();

        await person.SendAsync(HttpMethod.Patch, "/api/v1/users/me", new { DisplayName = "Ада" }).Json(HttpStatusCode.OK);
        var events = await EventReader.OfAsync(app, id, 2);

        var prefix = app.Services.GetRequiredService<EventSettings>().Prefix;
        Assert.Equal(["users.registered.v1", "users.profile-changed.v1"], events.Select(found => found.Type));
        Assert.Equal([1, 2], events.Select(found => found.Version));
        var changed = events[1];
        Assert.Equal($"{prefix}.users.profile-changed.v1", changed.Subject);
        Assert.Equal(changed.MessageId, changed.Envelope.Text("id"));
        Assert.Equal("1.0", changed.Envelope.Text("specversion"));
        Assert.Equal(app.Api.GetLeftPart(UriPartial.Authority), changed.Envelope.Text("source"));
        Assert.Equal("application/json", changed.Envelope.Text("datacontenttype"));
        Assert.Equal($"{changed.Envelope.Text("source")}/schemas/users.profile-changed.v1.json", changed.Envelope.Text("dataschema"));
        Assert.Matches("^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$", changed.Envelope.Text("traceparent"));
        Assert.InRange(changed.Envelope.GetProperty("time").GetDateTimeOffset(), DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow);
        Assert.Equal("Ада", changed.Data.Text("displayName"));
    }
}
