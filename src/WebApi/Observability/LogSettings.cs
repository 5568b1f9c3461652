using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Observability;

/// <summary>The format of log lines.</summary>
internal sealed class LogSettings : ISettings
{
    public static string Section => "Logging";

    /// <summary><c>json</c>, <c>text</c>, or <c>auto</c>: text on a terminal and JSON elsewhere.</summary>
    public string Format { get; init; } = "auto";

    internal bool IsJson => Format == "json" || (Format == "auto" && Console.IsOutputRedirected);

    public IEnumerable<string> Problems()
    {
        if (Format is not ("auto" or "json" or "text"))
            yield return $"Logging:Format must be auto, json or text; it is '{Format}'.";
    }
}
