using System.Diagnostics;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Portico.Domain.Users;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.Postgres;

namespace Portico.Application.UnitTests.Events;

public sealed class OutboxWriterTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    // Nothing here connects: the writer works on the change tracker, before anything is sent.
    private readonly AppDbContext _db = new(
        new DbContextOptionsBuilder<AppDbContext>().UseNpgsql("Host=nowhere.invalid").UseSnakeCaseNamingConvention().Options);
    private readonly OutboxWriter _writer = new(new ManualClock(Noon));

    public void Dispose() => _db.Dispose();

    [Fact]
    public void Names_each_event_as_the_wire_does_and_keeps_their_order()
    {
        var user = User.Register(Requests.Email(), "Ada", "en", Noon);
        user.ChangeProfile("Countess", null);
        user.AssignRole(Role.Manager);
        user.ChangePassword();
        _db.Add(user);

        Save();

        var rows = Rows();
        Assert.Equal(
            ["users.registered.v1", "users.profile-changed.v1", "users.role-changed.v1", "users.password-changed.v1"],
            rows.Select(row => row.Type));
        Assert.Equal([1, 2, 3, 4], rows.Select(row => row.AggregateVersion));
        Assert.All(rows, row => Assert.Equal(("User", user.Id, Noon), (row.AggregateType, row.AggregateId, row.OccurredAt)));
        Assert.Distinct(rows.Select(row => row.Id));
    }

    [Fact]
    public void Writes_the_properties_of_the_event_in_camel_case_with_enums_by_name()
    {
        var user = User.Register(Requests.Email(), "Ada", "en", Noon);
        user.TakeEvents();
        user.AssignRole(Role.Manager);
        _db.Add(user);

        Save();

        using var data = JsonDocument.Parse(Assert.Single(Rows()).Data);
        Assert.Equal(
            [("userId", user.Id.ToString()), ("role", "manager")],
            data.RootElement.EnumerateObject().Select(property => (property.Name, property.Value.GetString()!)));
    }

    [Fact]
    public void Writes_no_event_twice()
    {
        _db.Add(User.Register(Requests.Email(), "Ada", "en", Noon));

        Save();
        Save();

        Assert.Single(Rows());
    }

    [Fact]
    public void Carries_the_trace_of_the_request()
    {
        using var activity = new Activity("request").SetIdFormat(ActivityIdFormat.W3C).Start();
        _db.Add(User.Register(Requests.Email(), "Ada", "en", Noon));

        Save();

        Assert.Equal(activity.Id, Assert.Single(Rows()).TraceParent);
        Assert.Equal(55, activity.Id!.Length);
    }

    [Fact]
    public void Writes_nothing_when_nothing_happened()
    {
        var user = User.Register(Requests.Email(), "Ada", "en", Noon);
        user.TakeEvents();
        _db.Add(user);

        Save();

        Assert.Empty(Rows());
    }

    private void Save() => _writer.SavingChanges(new DbContextEventData(null!, null!, _db), default);

    private OutboxMessage[] Rows() =>
        [.. _db.ChangeTracker.Entries<OutboxMessage>().Select(entry => entry.Entity).OrderBy(row => row.AggregateVersion)];
}
