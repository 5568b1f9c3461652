using System.Text.Json;

namespace Portico.DevStack;

/// <summary>Runs a temporary stack for a program in any language, until a signal or until its standard input closes.</summary>
internal static class StackCommand
{
    public static async Task<int> RunAsync(CancellationToken stop)
    {
        await using var stack = await LocalStack.StartAsync(new LocalStackOptions(), stop);
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            folder = stack.Folder,
            postgres = stack.Postgres.ConnectionString,
            redis = stack.Redis.ConnectionString,
            nats = stack.Nats.ConnectionString,
            processes = stack.Servers.ToDictionary(server => server.Name, server => server.ProcessId, StringComparer.Ordinal),
        }));
        await Task.Delay(Timeout.Infinite, stop)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return 0;
    }
}
