using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Portico.WebApi.Http;
using Portico.WebApi.Observability;

namespace Portico.IntegrationTests.Observability;

/// <summary>The lines of JSON on standard output: what each has, and that none is lost or torn.</summary>
public sealed class LogLineTests
{
    private static readonly Action<ILogger, int, Exception?> Number =
        LoggerMessage.Define<int>(LogLevel.Information, default, "{Number}");

    private static readonly Action<ILogger, object, Exception?> Outer =
        LoggerMessage.Define<object>(LogLevel.Information, default, "outer {Value}");

    private readonly DateTimeOffset _now = new(2026, 11, 28, 7, 5, 3, 9, TimeSpan.Zero);

    [Fact]
    public void A_line_has_the_event_its_values_and_its_request()
    {
        using var output = new KeptStream();
        using (var lines = new JsonLines(output, new FixedClock(_now)))
        {
            CurrentRequestId.Value = "r-1";
            var logger = lines.CreateLogger("Portico.Some<Thing>");
            using (logger.BeginScope("a scope of the framework"))
            {
                logger.Log(
                    LogLevel.Warning, new EventId(7, "Happened"), new InvalidOperationException("broken"), "{Count} of {What}, {Level}",
                    3, "a \"name\" <b>é", "own level");
            }
        }

        var line = JsonDocument.Parse(Assert.Single(output.Lines)).RootElement;
        Assert.Equal("2026-11-28T07:05:03.009Z", line.GetProperty("time").GetString());
        Assert.Equal("warn", line.GetProperty("level").GetString());
        Assert.Equal("Portico.Some<Thing>", line.GetProperty("logger").GetString());
        Assert.Equal("Happened", line.GetProperty("event").GetString());
        Assert.Equal("3 of a \"name\" <b>é, own level", line.GetProperty("message").GetString());
        Assert.Equal("r-1", line.GetProperty("requestId").GetString());
        Assert.Equal(3, line.GetProperty("count").GetInt32());
        Assert.Equal("a \"name\" <b>é", line.GetProperty("what").GetString());
        Assert.Contains("broken", line.GetProperty("exception").GetString(), StringComparison.Ordinal);
        Assert.Single(line.EnumerateObject(), property => property.Name == "level");
        Assert.DoesNotContain("framework", output.Lines[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_logs_while_it_is_written_gets_a_line_of_its_own()
    {
        using var output = new KeptStream();
        using (var lines = new JsonLines(output, new FixedClock(_now)))
        {
            var logger = lines.CreateLogger("Portico");
            Outer(logger, new LogsInToString(logger), null);
        }

        Assert.Equal(["inner", "inner", "outer value"], output.Lines.Select(line => JsonDocument.Parse(line).RootElement.Text("message")));
    }

    [Fact]
    public async Task Lines_of_many_threads_are_whole_and_in_the_order_of_each()
    {
        const int Threads = 8, Each = 2_000;
        using var output = new KeptStream();
        using (var lines = new JsonLines(output, TimeProvider.System))
        {
            await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
            {
                var logger = lines.CreateLogger($"{thread}");
                for (var n = 0; n < Each; n++)
                    Number(logger, n, null);
            })));
        }

        var written = output.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToLookup(line => line.Text("logger"));
        Assert.Equal(Threads, written.Count);
        Assert.All(written, thread => Assert.Equal(
            Enumerable.Range(0, Each), thread.Select(line => line.GetProperty("number").GetInt32())));
        Assert.True(output.Writes < Threads * Each / 10, $"{output.Writes} writes");
    }

    [Fact]
    public async Task What_an_output_does_not_take_is_lost_and_counted()
    {
        using var output = new KeptStream();
        using var blocks = new LineBlocks(output, lost => Encoding.UTF8.GetBytes($"{lost} lost"));
        using var held = output.Hold();
        blocks.Add("first"u8, isUrgent: true);
        await output.IsBeingWritten;
        var line = new byte[LineBlocks.MaxWaiting / 4];
        for (var n = 0; n < 6; n++)
            blocks.Add(line, isUrgent: false);
        held.Dispose();
        blocks.Dispose();

        Assert.Equal(["first", "3 lost"], output.Lines.Where(text => text.Length < line.Length));
        Assert.Equal(3, output.Lines.Count(text => text.Length == line.Length));
    }

    private sealed class LogsInToString(ILogger logger)
    {
        public override string ToString()
        {
            logger.LogInformation("inner");
            return "value";
        }
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    /// <summary>Keeps what is written, also after it was closed; it can be made to take nothing.</summary>
    private sealed class KeptStream : MemoryStream
    {
        private readonly TaskCompletionSource _beingWritten = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly ManualResetEventSlim _open = new(initialState: true);

        public int Writes { get; private set; }

        public Task IsBeingWritten => _beingWritten.Task;

        public string[] Lines => Encoding.UTF8.GetString(ToArray()).Split('\n')[..^1];

        public IDisposable Hold()
        {
            _open.Reset();
            return new Opening(_open);
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            Writes++;
            _beingWritten.TrySetResult();
            _open.Wait();
            base.Write(buffer);
        }

        private sealed class Opening(ManualResetEventSlim gate) : IDisposable
        {
            public void Dispose() => gate.Set();
        }
    }
}
