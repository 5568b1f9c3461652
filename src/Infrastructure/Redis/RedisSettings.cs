using System.ComponentModel.DataAnnotations;
using Portico.Infrastructure.Configuration;
using StackExchange.Redis;

namespace Portico.Infrastructure.Redis;

/// <summary>Settings of the connection to Redis.</summary>
public sealed class RedisSettings : ISettings
{
    public static string Section => "Redis";

    /// <summary>A connection string of StackExchange.Redis: <c>host:port,password=…,ssl=true</c>.</summary>
    public string ConnectionString { get; init; } = "";

    /// <summary>The prefix of every key, so that several installations can share one server.</summary>
    public string KeyPrefix { get; init; } = "portico:";

    /// <summary>The deadline of a call; after it the call fails.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:10")]
    public TimeSpan Deadline { get; init; } = TimeSpan.FromMilliseconds(150);

    public IEnumerable<string> Problems()
    {
        if (ConnectionString.Length == 0)
            yield return "Redis:ConnectionString is missing, such as localhost:6379.";
        else if (Parse() is not { EndPoints.Count: > 0 })
            yield return "Redis:ConnectionString is not in the form host:port,option=value.";
        if (KeyPrefix.Length > 100 || KeyPrefix.Any(c => char.IsWhiteSpace(c) || c is '{' or '}'))
            yield return "Redis:KeyPrefix must have at most 100 characters, and no spaces or braces.";
    }

    internal ConfigurationOptions? Parse()
    {
        try
        {
            return ConfigurationOptions.Parse(ConnectionString);
        }
        catch (Exception malformed) when (malformed is ArgumentException or FormatException)
        {
            return null;
        }
    }
}
