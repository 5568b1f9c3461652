using Microsoft.EntityFrameworkCore;
using Portico.Application.Common.Auditing;
using Portico.Application.Common.Persistence;
using Portico.Application.Events;
using Portico.Application.Forecasts;
using Portico.Domain.Common;
using Portico.Domain.Forecasts;
using Portico.Domain.Users;
using Portico.Domain.Wallets;

namespace Portico.Application.UnitTests.Forecasts;

public sealed class OpenEventsTests
{
    private static readonly DateTimeOffset ClosesAt = new(2026, 12, 1, 18, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Tick = TimeSpan.FromMicroseconds(1);

    [Fact]
    public async Task A_change_counts_when_it_is_written_before_the_event_closes() =>
        Assert.Null(await Change(ClosesAt - (2 * Tick), ClosesAt - Tick));

    [Fact]
    public async Task A_change_is_refused_when_the_event_closes_while_it_is_written() =>
        Assert.Equal("event_closed", await Change(ClosesAt - Tick, ClosesAt));

    [Fact]
    public async Task A_change_is_refused_from_the_closing_time_on() => Assert.Equal("event_closed", await Change(ClosesAt, ClosesAt));

    private static async Task<string?> Change(params DateTimeOffset[] times)
    {
        var about = SportEvent.Create("Reds – Blues", ClosesAt, ClosesAt.AddDays(-1));
        var events = new OpenEvents(new NoRecords(), new Clock(about, new Queue<DateTimeOffset>(times)));
        var changed = await events.Change(
            about.Id, (found, now) => Forecast.Place(Guid.CreateVersion7(), found, Outcome.Draw, now), CancellationToken.None);
        return changed.Error?.Code;
    }

    private sealed class Clock(SportEvent about, Queue<DateTimeOffset> times) : IEventLock
    {
        public Task<SportEvent?> Lock(Guid id, CancellationToken cancellationToken) => Task.FromResult<SportEvent?>(about);

        public Task<SportEvent?> LockForChange(Guid id, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<DateTimeOffset> Now(CancellationToken cancellationToken) => Task.FromResult(times.Dequeue());
    }

    private sealed class NoRecords : IAppDbContext
    {
        public DbSet<User> Users => throw new NotSupportedException();
        public DbSet<Wallet> Wallets => throw new NotSupportedException();
        public IQueryable<AuditEntry> AuditEntries => throw new NotSupportedException();

        public DbSet<TRecord> Set<TRecord>()
            where TRecord : class => throw new NotSupportedException();

        public Task<int> SaveChangesAsync(CancellationToken cancellationToken) => Task.FromResult(1);
    }
}
