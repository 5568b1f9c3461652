using Portico.Orders.Configuration;

namespace Portico.Orders.Calls;

/// <summary>The limits of calls.</summary>
internal sealed class CallSettings : ISettings
{
    private const int KiB = 1024;

    public static string Section => "Calls";

    /// <summary>The deadline of a call that has none; a stream has none.</summary>
    public TimeSpan DefaultDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest deadline; a longer one is cut, except that of a stream.</summary>
    public TimeSpan MaxDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The size of a request.</summary>
    public int MaxMessageBytes { get; init; } = 64 * KiB;

    public IEnumerable<string> Problems()
    {
        if (MaxDeadline < TimeSpan.FromSeconds(1) || MaxDeadline > TimeSpan.FromMinutes(5))
            yield return "Calls:MaxDeadline must be 1 second to 5 minutes.";
        if (DefaultDeadline < TimeSpan.FromMilliseconds(10) || DefaultDeadline > MaxDeadline)
            yield return "Calls:DefaultDeadline must be 10 milliseconds to Calls:MaxDeadline.";
        if (MaxMessageBytes is < KiB or > KiB * KiB)
            yield return "Calls:MaxMessageBytes must be 1024 to 1048576.";
    }
}
