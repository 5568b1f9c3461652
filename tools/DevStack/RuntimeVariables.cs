namespace Portico.DevStack;

/// <summary>The environment variables of the runtime that the web API is started with (ADR 0024), the same as in the Dockerfile.</summary>
/// <remarks>What the project file can set stands there. The runtime reads these from the environment only.</remarks>
public static class RuntimeVariables
{
    /// <summary>Gets the size of the youngest generation in bytes, in hexadecimal: what is allocated between two collections.</summary>
    public static IReadOnlyDictionary<string, string> OfServer { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["DOTNET_GCgen0size"] = "0x4000000",
    };
}
