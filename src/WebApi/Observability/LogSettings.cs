using Portico.Infrastructure.Configuration;
using Level = Microsoft.Extensions.Logging.LogLevel;

namespace Portico.WebApi.Observability;

/// <summary>The format of log lines, and which are written.</summary>
internal sealed class LogSettings : ISettings
{
    public static string Section => "Logging";

    /// <summary><c>json</c>, <c>text</c>, or <c>auto</c>: text on a terminal and JSON elsewhere.</summary>
    public string Format { get; init; } = "auto";

    /// <summary>The least level of each logger that is written; <c>Default</c> is for the others.</summary>
    public Dictionary<string, string> LogLevel { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    internal bool IsJson => Format == "json" || (Format == "auto" && Console.IsOutputRedirected);

    public IEnumerable<string> Problems()
    {
        if (Format is not ("auto" or "json" or "text"))
            yield return $"Logging:Format must be auto, json or text; it is '{Format}'.";
        foreach (var (logger, level) in LogLevel)
        {
            if (!string.IsNullOrEmpty(level) && !Enum.TryParse<Level>(level, ignoreCase: true, out _))
                yield return $"Logging:LogLevel:{logger} must be one of {string.Join(", ", Enum.GetNames<Level>())}; it is '{level}'.";
        }
    }
}
