namespace Portico.WebApi.Http;

/// <summary>The id of the request that the code runs for, for its log lines.</summary>
/// <remarks>Not a scope of the logger: each scope of the framework would be kept too, and none of them is written.</remarks>
internal static class CurrentRequestId
{
    private static readonly AsyncLocal<string?> Id = new();

    public static string? Value
    {
        get => Id.Value;
        set => Id.Value = value;
    }
}
