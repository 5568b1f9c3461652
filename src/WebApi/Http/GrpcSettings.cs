using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>The address of gRPC, for services of the same installation, and the limits of its calls.</summary>
internal sealed class GrpcSettings : ISettings
{
    public static string Section => "Grpc";

    /// <summary>The URL with its own host and port; port 0 chooses a free port, and an empty one turns gRPC off.</summary>
    public string Url { get; init; } = "";

    /// <summary>The deadline of a call that has none.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:05:00")]
    public TimeSpan DefaultDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The longest deadline; a longer one is cut.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan MaxDeadline { get; init; } = TimeSpan.FromSeconds(30);

    public bool IsOn => Url.Length > 0;

    public IEnumerable<string> Problems()
    {
        if (IsOn && !ListenAddress.IsUsable(Url))
            yield return $"Grpc:Url must be an address to listen on, such as http://127.0.0.1:5082, or nothing; it is '{Url}'.";
        if (DefaultDeadline > MaxDeadline)
            yield return $"Grpc:DefaultDeadline must be at most Grpc:MaxDeadline; it is {DefaultDeadline}.";
    }
}
