namespace Portico.WebApi.Observability;

internal static class LogOutput
{
    /// <summary>Logs only to standard output: JSON for machines, or readable text for a terminal.</summary>
    public static ILoggingBuilder WriteToStandardOutput(this ILoggingBuilder logging, bool isJson)
    {
        logging.ClearProviders();
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
