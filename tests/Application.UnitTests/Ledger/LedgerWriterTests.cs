using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Portico.Application.Common;
using Portico.Domain.Currencies;
using Portico.Domain.Common;
using Portico.Domain.Ledger;
using Portico.Infrastructure.Events;
using Portico.Infrastructure.HashChain;
using Portico.Infrastructure.Ledger;
using Portico.Infrastructure.Postgres;

namespace Portico.Application.UnitTests.Ledger;

public sealed class LedgerWriterTests
{
    [Fact]
    public async Task Counts_as_retries_only_transactions_that_are_tried_again()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var retries = 0L;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "portico.ledger.retries" && ReferenceEquals(
                    instrument.Meter.Scope, services.GetRequiredService<IMeterFactory>()))
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, measured, _, _) => Interlocked.Add(ref retries, measured));
        listener.Start();

        // Nobody listens on this port.
        var clock = new HurriedClock();
        await using var writer = new LedgerWriter(
            new DatabaseSettings { Portico = "Host=127.0.0.1;Port=1;Database=portico;Username=portico;Timeout=5" },
            new LedgerSettings(),
            new CommittedEvents(),
            new CommittedJournals(new HashChainSettings()),
            services.GetRequiredService<IMeterFactory>(),
            clock,
            NullLogger<LedgerWriter>.Instance);
        await writer.StartAsync(CancellationToken.None);

        await Assert.ThrowsAsync<DependencyUnavailableException>(() => writer.Execute(Deposit(), CancellationToken.None));
        Assert.True(retries > 0, "The first one is tried again for a while.");
        Assert.Equal(clock.Pauses, retries);

        // While the outage goes on, the next ones fail at once.
        await Assert.ThrowsAsync<DependencyUnavailableException>(() => writer.Execute(Deposit(), CancellationToken.None));
        Assert.Equal(clock.Pauses, retries);
        await writer.StopAsync(CancellationToken.None);
    }

    private static Movement Deposit() =>
        Movement.Deposit(Guid.CreateVersion7(), null, Guid.CreateVersion7(), Money.OfMinorUnits(1, Currency.Of("EUR")), null);

    /// <summary>A clock on which every pause is over at once, and that is later by the pause then.</summary>
    private sealed class HurriedClock : TimeProvider
    {
        private long _ticks;
        private int _pauses;

        public int Pauses => _pauses;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Interlocked.Increment(ref _pauses);
            Interlocked.Add(ref _ticks, dueTime.Ticks);
            return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
