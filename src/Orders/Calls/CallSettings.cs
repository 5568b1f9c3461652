using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.Orders.Calls;

/// <summary>The limits of calls.</summary>
internal sealed class CallSettings : ISettings
{
    private const int KiB = 1024;

    public static string Section => "Calls";

    /// <summary>The deadline of a call that has none; a stream has none.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan DefaultDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest deadline; a longer one is cut, except that of a stream.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan MaxDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The size of a request.</summary>
    [Range(KiB, KiB * KiB)]
    public int MaxMessageBytes { get; init; } = 64 * KiB;

    public IEnumerable<string> Problems()
    {
        if (DefaultDeadline > MaxDeadline)
            yield return $"Calls:DefaultDeadline must be at most Calls:MaxDeadline; it is {DefaultDeadline}.";
    }
}
