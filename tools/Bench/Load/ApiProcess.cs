using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Portico.DevStack;

namespace Portico.Bench.Load;

/// <summary>The real web API as a process of its own, so that its processor time is its own too.</summary>
internal sealed class ApiProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan ReadyInterval = TimeSpan.FromMilliseconds(10);

    private readonly GuardedProcess _process;

    private readonly long _startedAt;

    private ApiProcess(GuardedProcess process, Uri address, long startedAt)
    {
        (_process, Address, _startedAt) = (process, address, startedAt);
        Client = new HttpClient { BaseAddress = address };
    }

    public Uri Address { get; }

    /// <summary>For what is not measured.</summary>
    public HttpClient Client { get; }

    public int ProcessId => _process.ProcessId;

    /// <summary>The time since its start.</summary>
    public TimeSpan Age => Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>Its age at the first answer to <c>/health/live</c>.</summary>
    public TimeSpan LiveAfter { get; private set; }

    /// <summary>Its age when it was ready.</summary>
    public TimeSpan ReadyAfter { get; private set; }

    /// <param name="program">The program, with its arguments.</param>
    /// <param name="settings">Its environment variables.</param>
    /// <param name="address">Where it is told to listen.</param>
    /// <param name="logFile">Takes what it writes.</param>
    /// <param name="cancellationToken">Ends what has begun.</param>
    public static async Task<ApiProcess> StartAsync(
        IReadOnlyList<string> program, IReadOnlyDictionary<string, string> settings, Uri address, string logFile,
        CancellationToken cancellationToken)
    {
        var command = new GuardedCommand(Environment.ProcessPath!, program)
        {
            Environment = settings,
            LogFile = logFile,
            WorkingDirectory = Path.GetDirectoryName(program[0])!,
        };
        var startedAt = Stopwatch.GetTimestamp();
        var api = new ApiProcess(await GuardedProcess.StartAsync(command, cancellationToken), address, startedAt);
        try
        {
            api.LiveAfter = await api.AnswersAsync("/health/live", logFile, cancellationToken);
            api.ReadyAfter = await api.AnswersAsync("/health/ready", logFile, cancellationToken);
            return api;
        }
        catch
        {
            await api.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds a record to a list, and returns its id.</summary>
    public async Task<string> CreateAsync(string list, LoadTokens tokens, string json, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/v1/{list}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", tokens.AccessToken);
        request.Content = new StringContent(json, new MediaTypeHeaderValue("application/json"));
        using var answer = await Client.SendAsync(request, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)).GetProperty("id").GetString()!;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _process.DisposeAsync();
    }

    private async Task<TimeSpan> AnswersAsync(string path, string logFile, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ReadyTimeout);
        while (!_process.Exited.IsCompleted && !timeout.IsCancellationRequested)
        {
            try
            {
                using var answer = await Client.GetAsync(new Uri(path, UriKind.Relative), timeout.Token);
                if (answer.StatusCode == HttpStatusCode.OK)
                    return Age;
                await Task.Delay(ReadyInterval, timeout.Token);
            }
            catch (Exception failure) when (
                failure is HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                await Task.WhenAny(Task.Delay(ReadyInterval, cancellationToken), _process.Exited);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        throw new LoadException($"The web API does not answer {path}.{LogTail.Of(logFile)}");
    }
}
