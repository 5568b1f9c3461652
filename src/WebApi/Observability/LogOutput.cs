using Microsoft.Extensions.Options;

namespace Portico.WebApi.Observability;

internal static class LogOutput
{
    /// <summary>Checks the levels of loggers, because the host makes loggers before it checks the settings.</summary>
    /// <exception cref="OptionsValidationException">A level is wrong; the message names the setting.</exception>
    public static void CheckLevels(IConfiguration configuration)
    {
        const string levels = nameof(LogLevel);
        var logging = configuration.GetSection("Logging");
        string[] problems =
        [
            .. from level in logging.GetChildren().Select(provider => provider.GetSection(levels)).Prepend(logging.GetSection(levels))
                   .SelectMany(section => section.GetChildren())
               where !string.IsNullOrEmpty(level.Value) && !Enum.TryParse<LogLevel>(level.Value, ignoreCase: true, out _)
               select $"{level.Path} must be one of {string.Join(", ", Enum.GetNames<LogLevel>())}; it is '{level.Value}'.",
        ];
        if (problems.Length > 0)
            throw new OptionsValidationException(logging.Path, typeof(LogLevel), problems);
    }

    /// <summary>Logs only to standard output: JSON for machines, or readable text for a terminal.</summary>
    public static ILoggingBuilder WriteToStandardOutput(this ILoggingBuilder logging, bool isJson)
    {
        logging.ClearProviders();
        // Nothing writes them, and the framework makes several for each request.
        logging.Services.Configure<LoggerFilterOptions>(options => options.CaptureScopes = false);
        if (!isJson)
        {
            return logging.AddSimpleConsole(text =>
            {
                text.SingleLine = true;
                text.TimestampFormat = "HH:mm:ss.fff ";
            });
        }

        logging.Services.AddSingleton<ILoggerProvider>(services =>
            new JsonLines(Console.OpenStandardOutput(), services.GetRequiredService<TimeProvider>()));
        return logging;
    }
}
