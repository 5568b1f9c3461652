using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Portico.Migrator.Commands;

/// <summary>Durations on the command line: <c>500ms</c>, <c>30s</c>, <c>2m</c>, <c>1h</c>, <c>90d</c> or <c>00:02:00</c>.</summary>
internal static class Durations
{
    public const string ConnectTimeoutName = "--connect-timeout";

    private static readonly TimeSpan Longest = TimeSpan.FromHours(24);
    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)),
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    public static Option<TimeSpan> Option(string name, TimeSpan usual, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        DefaultValueFactory = _ => usual,
        CustomParser = result => Parse(name, TimeSpan.FromMilliseconds(1), Longest, result),
    };

    /// <summary><c>--connect-timeout</c> of commands that are waited for, usually 5 seconds.</summary>
    public static Option<TimeSpan> ConnectTimeout(string server = "PostgreSQL") =>
        Option(ConnectTimeoutName, TimeSpan.FromSeconds(5), $"How long to wait for {server} to accept connections.");

    /// <summary>A required age, usually in days.</summary>
    public static Option<TimeSpan> Age(string name, TimeSpan youngest, TimeSpan oldest, string description) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        Required = true,
        CustomParser = result => Parse(name, youngest, oldest, result),
    };

    public static string Describe(TimeSpan time) =>
        Array.FindLast(Units, unit => time.Ticks % unit.Unit.Ticks == 0) is { Suffix: { } suffix } unit
        ? string.Create(CultureInfo.InvariantCulture, $"{time.Ticks / unit.Unit.Ticks} {suffix}")
        : time.ToString("c");

    private static TimeSpan Parse(string name, TimeSpan shortest, TimeSpan longest, ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (TryParse(text) is { } time && time >= shortest && time <= longest)
            return time;

        result.AddError(
            $"{name}: '{text}' is not a duration between {Describe(shortest)} and {Describe(longest)}; "
            + "write 500ms, 30s, 2m, 90d or 00:02:00.");
        return default;
    }

    private static TimeSpan? TryParse(string text)
    {
        foreach (var (suffix, unit) in Units)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal)
                && int.TryParse(
                    text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
                return number <= TimeSpan.MaxValue / unit ? unit * number : null;
        }

        return text.Contains(':', StringComparison.Ordinal)
            && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var time) ? time : null;
    }
}
