using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Infrastructure.Hosting;

namespace Portico.Application.UnitTests.Hosting;

public sealed class PeriodicServiceTests
{
    [Fact]
    public async Task Goes_on_after_every_failure_and_says_an_outage_once()
    {
        var logger = new RecordingLogger<PeriodicService>();
        using var service = new Failing(logger, 1, 2, 3, 5, 6, 8, 9);
        await service.StartAsync(CancellationToken.None);
        await service.Done.WaitAsync(TimeSpan.FromSeconds(60));
        await service.StopAsync(CancellationToken.None);

        Assert.True(service.ExecuteTask!.IsCompletedSuccessfully);
        Assert.Equal(["Warning", "Error", "Warning", "Warning"], logger.Lines.Select(line => line.Split(':')[0]));
    }

    [Fact]
    public async Task Reports_no_failure_that_the_shutdown_causes()
    {
        var logger = new RecordingLogger<PeriodicService>();
        using var service = new Interrupted(logger);
        await service.StartAsync(CancellationToken.None);
        await service.Running.WaitAsync(TimeSpan.FromSeconds(60));
        await service.StopAsync(CancellationToken.None);

        Assert.True(service.ExecuteTask!.IsCompletedSuccessfully);
        Assert.Empty(logger.Lines);
    }

    /// <summary>Fails as some drivers do when their call is cancelled: not with a cancellation.</summary>
    private sealed class Interrupted(ILogger logger) : PeriodicService(TimeSpan.FromMinutes(1), TimeProvider.System, logger)
    {
        private readonly TaskCompletionSource _running = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Running => _running.Task;

        protected override async Task Do(long round, CancellationToken cancellationToken)
        {
            _running.SetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw new InvalidOperationException("The connection was closed.");
        }
    }

    /// <summary>Fails in round 4 by a mistake, and in those that are named by an outage.</summary>
    private sealed class Failing(ILogger logger, params long[] away)
        : PeriodicService(TimeSpan.FromMilliseconds(1), TimeProvider.System, logger)
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Done => _done.Task;

        protected override Task Do(long round, CancellationToken cancellationToken)
        {
            if (away.Contains(round))
                throw new DependencyUnavailableException("PostgreSQL");
            if (round == 4)
                throw new InvalidOperationException("A mistake.");
            if (round == 11)
                _done.SetResult();
            return Task.CompletedTask;
        }
    }
}
