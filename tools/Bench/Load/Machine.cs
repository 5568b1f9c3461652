using System.Runtime.InteropServices;

namespace Portico.Bench.Load;

/// <summary>What the figures were measured on.</summary>
internal sealed record Machine(int Processors, string Processor, double MemoryGiB, string System, string Runtime)
{
    public static Machine This() => new(
        Environment.ProcessorCount,
        ProcessorName(),
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1073741824.0, 1),
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    public override string ToString() => $"{Processors} × {Processor} · {MemoryGiB} GiB · {System} · {Runtime}";

    private static string ProcessorName() => File.ReadLines("/proc/cpuinfo").FirstOrDefault(
        line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim()
        ?? RuntimeInformation.ProcessArchitecture.ToString();
}
