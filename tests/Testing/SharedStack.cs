using Portico.DevStack;

namespace Portico.Testing;

/// <summary>The real PostgreSQL, Redis and NATS that all tests of this process share.</summary>
/// <remarks>Started when first asked for; ends with the process. A test that breaks a server starts a stack of its own.</remarks>
internal static class SharedStack
{
    private static readonly Lazy<Task<LocalStack>> Stack = new(() => LocalStack.StartAsync(new LocalStackOptions()));

    public static Task<LocalStack> GetAsync() => Stack.Value;

    /// <summary>The given stack if it has such a server; otherwise the one that all tests share.</summary>
    public static async Task<LocalStack> WithAsync<TServer>(LocalStack? own)
        where TServer : LocalServer =>
        own?.Servers.OfType<TServer>().Any() == true ? own : await GetAsync();
}
