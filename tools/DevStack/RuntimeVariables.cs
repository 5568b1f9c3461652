namespace Portico.DevStack;

/// <summary>The .NET runtime environment variables of the web API (ADR 0024), the same as in the Dockerfile.</summary>
/// <remarks>The runtime reads these only from the environment. The project file sets all others.</remarks>
public static class RuntimeVariables
{
    /// <summary>
    /// Gets the variables: the least and the largest size of generation 0 of a heap in bytes (hexadecimal), allocated between two
    /// collections.
    /// </summary>
    public static IReadOnlyDictionary<string, string> OfServer { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DOTNET_GCgen0size"] = "0x4000000",
        ["DOTNET_GCGen0MaxBudget"] = "0x4000000",
    };
}
