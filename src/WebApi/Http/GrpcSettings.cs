using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>The address of gRPC, for services of the same installation, and the limits of its calls.</summary>
internal sealed class GrpcSettings : ISettings
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static string Section => "Grpc";

    /// <summary>The URL with its own host and port; port 0 chooses a free port, and an empty one turns gRPC off.</summary>
    public string Url { get; init; } = "";

    /// <summary>The deadline of a call that has none.</summary>
    public TimeSpan DefaultDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest deadline; a longer one is cut.</summary>
    public TimeSpan MaxDeadline { get; init; } = TimeSpan.FromSeconds(30);

    public bool IsOn => Url.Length > 0;

    public IEnumerable<string> Problems()
    {
        if (IsOn && !ListenAddress.IsUsable(Url))
            yield return $"Grpc:Url must be an address to listen on, such as http://127.0.0.1:5082, or nothing; it is '{Url}'.";
        if (MaxDeadline < TimeSpan.FromSeconds(1) || MaxDeadline > Longest)
            yield return "Grpc:MaxDeadline must be 1 second to 5 minutes.";
        if (DefaultDeadline < TimeSpan.FromMilliseconds(10) || DefaultDeadline > MaxDeadline)
            yield return "Grpc:DefaultDeadline must be 10 milliseconds to Grpc:MaxDeadline.";
    }
}
