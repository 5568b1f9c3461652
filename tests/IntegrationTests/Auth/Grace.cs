using Portico.Testing;
using StackExchange.Redis;

namespace Portico.IntegrationTests.Auth;

/// <summary>Lets the grace period of refresh tokens pass, by moving what Redis remembers.</summary>
internal static class Grace
{
    public static async Task EndGraceAsync(this PorticoApp app, TestPerson person)
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(app.Stack.Redis.ConnectionString);
        RedisKey key = $"{app.Settings["Redis:KeyPrefix"]}session:{{{person.Id:N}}}:{person.SessionId:N}";
        await redis.GetDatabase().HashDecrementAsync(key, "rotated", 10_001);
        await redis.GetDatabase().HashDeleteAsync(key, "earlier");
    }
}
