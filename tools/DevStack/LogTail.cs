using System.Text;

namespace Portico.DevStack;

/// <summary>The last lines of a log, for error messages.</summary>
internal static class LogTail
{
    private const int Lines = 15;
    private const int Bytes = 8192;

    /// <param name="path">The log.</param>
    /// <param name="from">The position where the relevant part begins.</param>
    public static string Of(string path, long from = 0)
    {
        if (!File.Exists(path))
            return "";

        using var log = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        log.Position = Math.Max(Math.Min(from, log.Length), log.Length - Bytes);
        using var reader = new StreamReader(log, Encoding.UTF8);
        var lines = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length == 0
            ? $" Its log {path} is empty."
            : $" The end of {path}:\n  {string.Join("\n  ", lines.TakeLast(Lines))}";
    }
}
