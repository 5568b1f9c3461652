using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Domain.Common;
using Portico.Domain.Users;
using Portico.Testing;

namespace Portico.IntegrationTests.Audit;

public sealed class AuditLogTests : PorticoTests, IDisposable
{
    private readonly string _subject = Guid.CreateVersion7().ToString();
    private IServiceScope _scope = null!;

    private IAuditLog Audit => _scope.ServiceProvider.GetRequiredService<IAuditLog>();
    private ITransaction Transaction => _scope.ServiceProvider.GetRequiredService<ITransaction>();

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        _scope = App.Services.CreateScope();
    }

    public void Dispose() => _scope.Dispose();

    [Fact]
    public async Task Keeps_a_note_with_its_change_and_only_with_it()
    {
        await Run(() => Unit.Value, "test.kept");
        await Run(() => CommonErrors.Forbidden, "test.refused");
        await Assert.ThrowsAsync<TimeoutException>(() => Run(() => throw new TimeoutException(), "test.failed"));
        Assert.Equal(["test.kept"], (await Entries()).Select(entry => entry.Action));
    }

    [Fact]
    public async Task Keeps_one_note_of_a_transaction_that_was_run_again()
    {
        var tries = 0;
        await Run(() => ++tries < 3 ? throw new DbUpdateConcurrencyException() : Unit.Value, "test.repeated");
        Assert.Equal(3, tries);
        Assert.Single(await Entries());
    }

    [Fact]
    public async Task Keeps_a_note_of_its_own_whatever_becomes_of_the_change()
    {
        await Transaction.Run<Result<Unit>>(
            async _ =>
            {
                await Audit.AddNow(Note("test.apart"));
                return CommonErrors.Forbidden;
            },
            default);
        Assert.Equal(["test.apart"], (await Entries()).Select(entry => entry.Action));
    }

    [Fact]
    public void Refuses_a_note_that_no_transaction_would_save() =>
        Assert.Throws<InvalidOperationException>(() => Audit.Add(Note("test.lost")));

    [Fact]
    public async Task Notes_the_system_and_its_trace_where_there_is_no_request()
    {
        using var trace = new Activity("test").SetIdFormat(ActivityIdFormat.W3C).Start();
        await Audit.AddNow(Note("test.background"));
        var entry = Assert.Single(await Entries());
        Assert.Null(entry.Actor);
        Assert.Null(entry.Ip);
        Assert.Equal(trace.TraceId.ToHexString(), entry.TraceId);
    }

    [Fact]
    public async Task Notes_what_changed_and_nothing_else()
    {
        var note = Note("test.fields")
            .Changed("role", Role.User, Role.Manager)
            .Changed("name", "Ada", "Ada")
            .Changed("note", "An old one.", null)
            .With("reason", "Because.");
        await Audit.AddNow(note);
        var entry = Assert.Single(await Entries());
        Assert.Equal("""{"note":"An old one.","role":"user"}""", Compact(entry.Before));
        Assert.Equal("""{"reason":"Because.","role":"manager"}""", Compact(entry.After));
    }

    [Fact]
    public async Task Lists_the_newest_first_page_by_page()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        for (var n = 0; n < 5; n++)
            await Audit.AddNow(Note("test.paged").With("n", n));

        var seen = new List<int>();
        var path = $"/api/v1/audit?subject={_subject}&limit=2";
        string? next = path;
        while (next is not null)
        {
            var page = await admin.GetAsync(next).Json(HttpStatusCode.OK);
            seen.AddRange(
                page.GetProperty("items").EnumerateArray().Select(entry => entry.GetProperty("after").GetProperty("n").GetInt32()));
            next = page.GetProperty("nextCursor").GetString() is { } cursor ? $"{path}&cursor={cursor}" : null;
        }

        Assert.Equal([4, 3, 2, 1, 0], seen);
    }

    [Fact]
    public async Task Finds_by_actor_action_and_span_of_time()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        await Audit.AddNow(Note("test.first"));
        await Audit.AddNow(Note("test.second"));
        var both = await Find(admin, "");
        Assert.Equal(["test.second", "test.first"], Actions(both));
        Assert.Equal(["test.first"], Actions(await Find(admin, "&action=test.first")));
        Assert.Empty(await Find(admin, $"&actor={admin.Id}"));

        // Times are shown to the millisecond, and from is inside the span.
        var first = both[1].Text("at");
        Assert.Equal(2, (await Find(admin, $"&from={first}")).Length);
        Assert.Empty(await Find(admin, $"&to={first}"));
        Assert.Equal(2, (await Find(admin, "&from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z")).Length);
        Assert.Empty(await Find(admin, "&from=9999-12-31T23:59:59.999Z"));
    }

    [Fact]
    public async Task Finds_what_a_person_did_and_what_was_done_to_the_person()
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var manager = await App.SignUpAsync(Role.Manager);
        await admin.SendAsync(HttpMethod.Put, $"/api/v1/users/{manager.Id}/roles", new { roles = new[] { "user" }, reason = "A test." })
            .Json(HttpStatusCode.OK);

        async Task<string[]> Of(TestPerson person, string more = "") =>
            [.. Actions((await admin.GetAsync($"/api/v1/audit?person={person.Id}{more}").Json(HttpStatusCode.OK)).GetProperty("items")
                .EnumerateArray())];
        Assert.Equal(["user.role_changed"], await Of(admin));
        Assert.Equal(["user.role_changed"], await Of(manager));
        Assert.Equal(["user.role_changed"], await Of(manager, $"&actor={admin.Id}&action=user.role_changed"));
        Assert.Empty(await Of(manager, $"&actor={manager.Id}"));
        var entry = (await admin.GetAsync($"/api/v1/audit?person={manager.Id}").Json(HttpStatusCode.OK)).GetProperty("items")[0];
        Assert.Equal("""{"role":"manager"}""", entry.GetProperty("before").ToString());
        Assert.Equal("""{"role":"user","reason":"A test."}""", entry.GetProperty("after").ToString());
    }

    [Theory]
    [InlineData("person=x", "person")]
    [InlineData("actor=x", "actor")]
    [InlineData("subject=", "subject")]
    [InlineData("action=%00", "action")]
    [InlineData("from=yesterday", "from")]
    [InlineData("from=2026-11-21T10:00:00Z&to=2026-11-21T10:00:00Z", "to")]
    [InlineData("limit=101", "limit")]
    [InlineData("cursor=x", "cursor")]
    public async Task Refuses_bad_filters_by_name(string query, string field)
    {
        var admin = await App.SignUpAsync(Role.Admin);
        var problem = await admin.GetAsync($"/api/v1/audit?{query}").Problem(HttpStatusCode.BadRequest, "validation_failed");
        Assert.True(problem.GetProperty("errors").TryGetProperty(field, out _), problem.ToString());
    }

    [Fact]
    public async Task Is_for_administrators_only()
    {
        await App.Client.GetAsync("/api/v1/audit").Problem(HttpStatusCode.Unauthorized, "unauthenticated");
        await (await App.SignUpAsync()).GetAsync("/api/v1/audit").Problem(HttpStatusCode.Forbidden, "forbidden");
        await (await App.SignUpAsync(Role.Manager)).GetAsync("/api/v1/audit").Problem(HttpStatusCode.Forbidden, "forbidden");
    }

    private AuditNote Note(string action) => new(action, new AuditSubject("test", _subject));

    private Task<Result<Unit>> Run(Func<Result<Unit>> outcome, string action) => Transaction.Run(
        _ =>
        {
            Audit.Add(Note(action));
            return Task.FromResult(outcome());
        },
        default);

    private Task<AuditEntry[]> Entries() =>
        _scope.ServiceProvider.GetRequiredService<IAppDbContext>().AuditEntries.Where(entry => entry.SubjectId == _subject).ToArrayAsync();

    private async Task<JsonElement[]> Find(TestPerson admin, string filters) =>
        [.. (await admin.GetAsync($"/api/v1/audit?subject={_subject}{filters}").Json(HttpStatusCode.OK))
            .GetProperty("items").EnumerateArray()];

    private static IEnumerable<string> Actions(IEnumerable<JsonElement> entries) => entries.Select(entry => entry.Text("action"));

    // jsonb has an order and spaces of its own.
    private static string Compact(string? json) =>
        JsonSerializer.Serialize(JsonSerializer.Deserialize<SortedDictionary<string, string>>(json!));
}
