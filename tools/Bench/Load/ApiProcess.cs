using System.Net;
using Portico.DevStack;

namespace Portico.Bench.Load;

/// <summary>The real web API as a process of its own, so that its processor time is its own too.</summary>
internal sealed class ApiProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReadyInterval = TimeSpan.FromMilliseconds(50);

    private readonly GuardedProcess _process;

    private ApiProcess(GuardedProcess process, Uri address) => (_process, Address, Client) = (process, address, new HttpClient { BaseAddress = address });

    public Uri Address { get; }

    /// <summary>For what is not measured.</summary>
    public HttpClient Client { get; }

    public int ProcessId => _process.ProcessId;

    public static async Task<ApiProcess> StartAsync(IReadOnlyDictionary<string, string> settings, Uri address, string logFile, CancellationToken cancellationToken)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Portico.WebApi.dll");
        var process = await GuardedProcess.StartAsync(
            new GuardedCommand(Environment.ProcessPath!, [program]) { Environment = settings, LogFile = logFile, WorkingDirectory = AppContext.BaseDirectory }, cancellationToken);
        var api = new ApiProcess(process, address);
        try
        {
            await api.ReadyAsync(logFile, cancellationToken);
            return api;
        }
        catch
        {
            await api.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
    }

    private async Task ReadyAsync(string logFile, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ReadyTimeout);
        while (!_process.Exited.IsCompleted && !timeout.IsCancellationRequested)
        {
            try
            {
                using var answer = await Client.GetAsync(new Uri("/health/ready", UriKind.Relative), timeout.Token);
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
                await Task.Delay(ReadyInterval, timeout.Token);
            }
            catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                await Task.WhenAny(Task.Delay(ReadyInterval, cancellationToken), _process.Exited);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new LoadException($"The web API does not get ready.{LogTail.Of(logFile)}");
    }
}
