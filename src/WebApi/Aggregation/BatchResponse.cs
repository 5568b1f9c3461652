using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Portico.WebApi.Http;

namespace Portico.WebApi.Aggregation;

/// <summary>The answer to a request of a batch, in memory.</summary>
internal sealed class BatchResponse : WriteOnlyStream, IHttpResponseFeature, IHttpResponseBodyFeature
{
    public const int MaxBytes = 256 * 1024;

    private readonly MemoryStream _body = new();
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new();
    private PipeWriter? _writer;

    public int StatusCode { get; set; } = StatusCodes.Status200OK;
    public string? ReasonPhrase { get; set; }
    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();
    public bool HasStarted { get; private set; }

    /// <summary>The body was too large, and is not complete.</summary>
    public bool IsTooLarge { get; private set; }

    public ReadOnlyMemory<byte> Written => _body.GetBuffer().AsMemory(0, (int)_body.Length);

    Stream IHttpResponseFeature.Body
    {
        get => this;
        set => throw new NotSupportedException();
    }

    Stream IHttpResponseBodyFeature.Stream => this;

    public PipeWriter Writer => _writer ??= PipeWriter.Create(this, new StreamPipeWriterOptions(leaveOpen: true));

    /// <summary>Forgets the body, for another answer.</summary>
    public void Reset()
    {
        (HasStarted, IsTooLarge, _writer) = (false, false, null);
        _body.SetLength(0);
    }

    public void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    public void OnCompleted(Func<object, Task> callback, object state)
    {
        // Nothing here uses it: the scope of the request is disposed by its owner.
    }

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (HasStarted)
            return;
        while (_starting.TryPop(out var start))
            await start.Callback(start.State);
        HasStarted = true;
    }

    public async Task CompleteAsync()
    {
        await StartAsync();
        if (_writer is not null)
            await _writer.FlushAsync();
    }

    public void DisableBuffering()
    {
        // The body is always in memory.
    }

    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await StartAsync(cancellationToken);
        if (_body.Length + buffer.Length > MaxBytes)
        {
            IsTooLarge = true;
            throw new BatchAnswerTooLargeException();
        }

        await _body.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => StartAsync(cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _body.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>The answer to a request of a batch is larger than <see cref="BatchResponse.MaxBytes"/>.</summary>
internal sealed class BatchAnswerTooLargeException() : Exception("The answer is too large for a batch.");
