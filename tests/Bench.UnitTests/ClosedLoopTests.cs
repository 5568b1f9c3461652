using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Portico.Bench.Load;

namespace Portico.Bench.UnitTests;

/// <summary>Loads at a fixed rate, on a server of this process.</summary>
public sealed class ClosedLoopTests
{
    private const int Rate = 100;

    private static readonly LoadOptions OneSecond =
        new LoadOptions { Rate = Rate, Duration = TimeSpan.FromSeconds(1) }.OneRound();

    [Fact]
    public async Task A_rate_is_kept_while_an_answer_is_missing()
    {
        var asked = 0;
        var others = new TaskCompletionSource();

        var round = await LoadAsync(connections: 2, async _ =>
        {
            var number = Interlocked.Increment(ref asked);
            if (number == Rate / 2)
                others.SetResult();
            if (number == 1)
                await others.Task;
        });

        Assert.Equal(Rate, round.Latency.Count);
        Assert.Equal(0, round.Failed);
        // The first request waited for half of the others.
        Assert.InRange(round.Latency.Quantile(1), 400, double.MaxValue);
    }

    [Fact]
    public async Task A_latency_counts_from_the_moment_when_the_request_was_due()
    {
        var asked = 0;

        var round = await LoadAsync(
            connections: 1,
            context => Interlocked.Increment(ref asked) == 1 ? Task.Delay(500, context.RequestAborted) : Task.CompletedTask);

        Assert.Equal(Rate, round.Latency.Count);
        // The ones that were due in the first 200 ms waited for at least 300, though each was answered at once after it was sent.
        Assert.InRange(round.Latency.Quantile(0.8), 250, double.MaxValue);
    }

    [Fact]
    public async Task What_an_answer_waited_for_is_no_overhead()
    {
        // Much longer than the waiting, so that the width of a bucket is about the same of both durations.
        var round = await LoadAsync(connections: 10, context => Task.Delay(50, context.RequestAborted), waitedMs: 5);

        Assert.Equal(round.Latency.Count, round.Overhead.Count);
        // A bucket of the histogram is at most 1.6 % wide.
        Assert.InRange(round.Overhead.Quantile(0.5), (round.Latency.Quantile(0.5) - 5) * 0.98, (round.Latency.Quantile(0.5) - 5) * 1.02);
    }

    private static async Task<LoadRound> LoadAsync(int connections, Func<HttpContext, Task> answer, double waitedMs = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(async context =>
        {
            await answer(context);
            context.Response.ContentLength = 0;
        });
        await app.StartAsync(CancellationToken.None);
        var request = RequestBytes.Get("/", token: null);
        return Assert.Single(await ClosedLoop.RunAsync(
            new Uri(app.Urls.First()),
            [.. Enumerable.Range(0, connections).Select(_ => new WaitingClient(request, waitedMs))],
            OneSecond,
            () => new Dictionary<string, TimeSpan>(StringComparer.Ordinal),
            CancellationToken.None));
    }

    private sealed class WaitingClient(byte[] request, double waitedMs) : ILoadClient
    {
        public double WaitedMs => waitedMs;

        public ReadOnlySpan<byte> Next() => request;

        public bool Take(int status, ReadOnlySpan<byte> body) => status == 200;
    }
}
