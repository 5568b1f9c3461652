using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portico.Application.Common;
using Portico.Application.Payments;
using Portico.Infrastructure.Hosting;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Payments;

/// <summary>Works on the payments that are due: after a notification, a refund, a crash, or a time.</summary>
/// <remarks>Replicas share the work by leases. What fails is tried again after a pause that grows to five minutes.</remarks>
internal sealed partial class PaymentWorker(
    IServiceScopeFactory scopes, Webhooks webhooks, PaymentSettings settings, PaymentSignal signal, IMeterFactory meters,
    TimeProvider clock, ILogger<PaymentWorker> logger)
    : PeriodicService(settings.PollInterval, clock, logger, signal)
{
    private const int BatchSize = 50;
    private const int AtOnce = 4;

    private static readonly Backoff Pauses = new(TimeSpan.FromMilliseconds(500), TimeSpan.FromMinutes(5));

    private readonly Counter<long> _attempts = meters.Create("Portico.Payments").CreateCounter<long>(
        "portico.payments.work", "{attempt}", "Attempts to bring a payment to where its provider has it");

    protected override async Task Do(long round, CancellationToken cancellationToken)
    {
        await webhooks.Route(cancellationToken);
        IReadOnlyList<PaymentLease> taken;
        do
        {
            await using (var scope = scopes.CreateAsyncScope())
                taken = await scope.ServiceProvider.GetRequiredService<PaymentWork>().Take(BatchSize, cancellationToken);
            await Parallel.ForEachAsync(
                taken,
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                async (lease, token) => await TryAdvance(lease, token));
        }
        while (taken.Count == BatchSize);
    }

    private async Task TryAdvance(PaymentLease lease, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var work = scope.ServiceProvider.GetRequiredService<PaymentWork>();
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(work.Timeout);
        try
        {
            var pause = await scope.ServiceProvider.GetRequiredService<PaymentSteps>().Advance(lease.PaymentId, time.Token);
            await work.End(lease, pause);
            Count("done");
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            if (failure is DependencyUnavailableException or OperationCanceledException || DatabaseOutage.Is(failure))
            {
                LogWaits(lease.PaymentId, lease.Attempts, failure.Message);
                Count("waits");
            }
            else
            {
                LogFailed(lease.PaymentId, failure);
                Count("failed");
            }

            var reason = failure is OperationCanceledException ? $"The work took longer than {work.Timeout}." : failure.Message;
            await work.End(lease, Pauses.After(lease.Attempts), reason);
        }
    }

    private void Count(string outcome) => _attempts.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    [LoggerMessage(1, LogLevel.Warning, "Payment {PaymentId} waits, attempt {Attempts}: {Failure}")]
    private partial void LogWaits(Guid paymentId, int attempts, string failure);

    [LoggerMessage(2, LogLevel.Error, "Payment {PaymentId} could not be brought to where its provider has it, and will be tried again")]
    private partial void LogFailed(Guid paymentId, Exception failure);
}
