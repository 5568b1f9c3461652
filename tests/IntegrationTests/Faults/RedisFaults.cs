using System.Diagnostics;
using System.Globalization;
using System.Net;
using Portico.DevStack;
using Portico.IntegrationTests.Stacks;
using Portico.Testing;

namespace Portico.IntegrationTests.Faults;

/// <summary>Breaks and mends a Redis, and judges what the API answers meanwhile.</summary>
internal static class RedisFaults
{
    public const string Dies = "dies";
    public const string Hangs = "hangs";
    public const string IsFull = "is full";
    public const string IsReadOnly = "is read-only";
    public const string CantSave = "can't save";
    public const string IsBusy = "is busy";
    public const string WantsPassword = "wants a password";

    /// <summary>How long an answer may take, whatever Redis does.</summary>
    public static readonly TimeSpan Promised = TimeSpan.FromMilliseconds(200);

    private const string Password = "secret";

    /// <summary>An answer of several lines.</summary>
    public static async Task<string> Info(RedisServer server, string command)
    {
        using var wire = await Wire.ConnectAsync(server);
        await wire.SayAsync($"{command}\r\nPING");
        var text = "";
        for (var line = ""; line != "+PONG"; line = await wire.LineAsync())
            text += $"{line}\n";
        return text;
    }

    public static async Task Break(RedisServer redis, string fault)
    {
        switch (fault)
        {
            case Dies:
                await redis.KillAsync();
                return;
            case Hangs:
                redis.Pause();
                return;
            case IsFull:
                await Tell(redis, "CONFIG SET maxmemory 1");
                break;
            case IsReadOnly:
                await Tell(redis, "REPLICAOF 127.0.0.1 1");
                break;
            case CantSave:
                // A snapshot that can't be put in its place, because a folder is there.
                Directory.CreateDirectory(Snapshot(redis));
                await Tell(redis, "CONFIG SET save \"3600 1\"");
                await Wire.RedisAsync(redis, "BGSAVE");
                break;
            case IsBusy:
                await Tell(redis, "CONFIG SET lua-time-limit 1");
                using (var endless = await Wire.ConnectAsync(redis))
                    await endless.SayAsync("EVAL \"while true do end\" 0");
                break;
            case WantsPassword:
                using (var operators = await Wire.ConnectAsync(redis))
                {
                    await operators.SayAsync($"CONFIG SET requirepass {Password}\r\nCLIENT KILL TYPE normal\r\nCLIENT KILL TYPE pubsub");
                    Assert.Equal("+OK", await operators.LineAsync());
                }

                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(fault), fault, "There is no such fault.");
        }

        await Eventually.Holds(async () => (await Wire.RedisAsync(redis, "SET probe 1"))[0] == '-', "Redis to refuse a write");
    }

    public static async Task Mend(RedisServer redis, string fault)
    {
        switch (fault)
        {
            case Dies:
                await redis.RestartAsync();
                break;
            case Hangs:
                redis.Resume();
                break;
            case IsFull:
                await Tell(redis, "CONFIG SET maxmemory 0");
                break;
            case IsReadOnly:
                await Tell(redis, "REPLICAOF NO ONE");
                break;
            case CantSave:
                Directory.Delete(Snapshot(redis));
                await Tell(redis, "CONFIG SET save \"\"");
                break;
            case IsBusy:
                await Tell(redis, "SCRIPT KILL");
                break;
            default:
                using (var operators = await Wire.ConnectAsync(redis))
                {
                    await operators.SayAsync($"AUTH {Password}\r\nCONFIG SET requirepass \"\"");
                    Assert.Equal(("+OK", "+OK"), (await operators.LineAsync(), await operators.LineAsync()));
                }

                break;
        }
    }

    public static async Task Tell(RedisServer redis, string command) => Assert.Equal("+OK", await Wire.RedisAsync(redis, command));

    /// <summary>Waits until a replica has all that was written to its primary before.</summary>
    /// <remarks>WAIT does not do that: it waits for the writes of its own connection.</remarks>
    public static async Task HasAll(RedisServer replica, RedisServer primary)
    {
        var written = await Offset(primary, "master_repl_offset:");
        await Eventually.Holds(async () => await Offset(replica, "slave_repl_offset:") >= written, "the replica has all writes");
    }

    public static async Task Unavailable(Task<HttpResponseMessage> answer)
    {
        using var response = await answer;
        Assert.True(
            response.Headers.RetryAfter?.Delta > TimeSpan.Zero,
            $"{(int)response.StatusCode} without Retry-After: {await response.Content.ReadAsStringAsync()}");
        await response.Problem(HttpStatusCode.ServiceUnavailable, "dependency_unavailable");
    }

    public static async Task<TimeSpan> Timed(Func<Task> ask)
    {
        var started = Stopwatch.GetTimestamp();
        await ask();
        return Stopwatch.GetElapsedTime(started);
    }

    private static async Task<long> Offset(RedisServer server, string field)
    {
        var line = (await Info(server, "INFO replication")).Split('\n').First(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line[field.Length..], CultureInfo.InvariantCulture);
    }

    private static string Snapshot(RedisServer redis) => Path.Combine(Path.GetDirectoryName(redis.LogFile)!, "dump.rdb");
}
