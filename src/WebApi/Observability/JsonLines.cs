using System.Text.Json;

namespace Portico.WebApi.Observability;

/// <summary>Writes log events to standard output, each as a line of JSON.</summary>
/// <param name="output">Where the lines go; closed with this.</param>
/// <param name="clock">The time of the events.</param>
[ProviderAlias("Console")]
internal sealed class JsonLines(Stream output, TimeProvider clock) : ILoggerProvider
{
    private readonly LineBlocks _blocks = new(output, Loss(clock));
    private readonly TimeProvider _clock = clock;

    public ILogger CreateLogger(string categoryName) => new Logger(this, JsonLine.Encode(categoryName));

    public void Dispose() => _blocks.Dispose();

    private static Func<long, byte[]> Loss(TimeProvider clock) => lost =>
        JsonSerializer.SerializeToUtf8Bytes(new
        {
            time = clock.GetUtcNow().UtcDateTime,
            level = "warn",
            logger = typeof(JsonLines).FullName,
            message = $"{lost} log lines were lost, because standard output did not take them in time.",
            lost,
        });

    private sealed class Logger(JsonLines lines, JsonEncodedText category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = JsonLine.Take();
            line.Write(lines._clock.GetUtcNow(), logLevel, category, eventId, state, exception, formatter);
            lines._blocks.Add(line.Bytes, isUrgent: logLevel >= LogLevel.Warning);
            line.GiveBack();
        }
    }
}
