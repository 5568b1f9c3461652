using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Http.Features;

namespace Portico.WebApi.Http;

/// <summary>
/// Refuses a body that is larger than <c>Limits:MaxBodyBytes</c>, or <c>Limits:MaxReportBytes</c> for a report, so that the client receives
/// the 413.
/// </summary>
/// <remarks>
/// A client that is still writing would get a connection reset instead of the 413. So the rest of the body is read and discarded first:
/// at most 8 MiB and 5 s. Then the connection is closed.
/// </remarks>
internal sealed class BodyLimit(RequestDelegate next, LimitSettings limits)
{
    private const long MaxDrainedBytes = 8 * 1024 * 1024;
    private static readonly TimeSpan MaxDrainTime = TimeSpan.FromSeconds(5);

    public Task InvokeAsync(HttpContext context)
    {
        // gRPC has a limit for each message, and reads one of a call.
        if (Listeners.IsGrpc(context))
            return next(context);

        var limit = context.GetEndpoint()?.Metadata.GetMetadata<CsvBodyAttribute>() is null ? limits.MaxBodyBytes : limits.MaxReportBytes;
        // The limit of the server must be larger, because it closes the connection before the rest is read.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } server)
            server.MaxRequestBodySize = limit + MaxDrainedBytes;
        if (context.Request.ContentLength > limit)
            throw TooLarge();
        if (context.Request.ContentLength is null && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
            context.Request.Body = new Counted(context.Request.Body, limit);
        return next(context);
    }

    /// <summary>Reads the rest of the body, within limits, when the request is refused because of its body.</summary>
    public static async Task DrainIfTooLarge(HttpContext context, HttpError refusal)
    {
        if (refusal.Status != StatusCodes.Status413PayloadTooLarge)
            return;
        if (HttpProtocol.IsHttp11(context.Request.Protocol))
            context.Response.Headers.Connection = "close";
        // A client that waits for 100 Continue has sent nothing yet, and a read would make it send.
        if (context.Request.Headers.Expect.Count > 0)
            return;

        var source = context.Request.Body is Counted counted ? counted.Source : context.Request.Body;
        var buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
        var started = Stopwatch.GetTimestamp();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        deadline.CancelAfter(MaxDrainTime);
        try
        {
            for (long drained = 0; drained < MaxDrainedBytes && Stopwatch.GetElapsedTime(started) < MaxDrainTime;)
            {
                var read = await source.ReadAsync(buffer, deadline.Token);
                if (read == 0)
                    break;
                drained += read;
            }
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // The limit is reached or the client has disconnected: there is nothing more to read.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static BadHttpRequestException TooLarge() => new("The body is too large.", StatusCodes.Status413PayloadTooLarge);

    /// <summary>A body of unknown length that must not exceed the limit.</summary>
    private sealed class Counted(Stream source, long limit) : Stream
    {
        private long _read;

        public Stream Source => source;
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Count(await ReadChunks(buffer, cancellationToken));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => Count(source.Read(buffer, offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        // The server throws this for a chunk of 2 GiB and more.
        private async ValueTask<int> ReadChunks(Memory<byte> buffer, CancellationToken cancellationToken)
        {
            try
            {
                return await source.ReadAsync(buffer, cancellationToken);
            }
            catch (IOException failure) when (failure.InnerException is OverflowException)
            {
                throw new BadHttpRequestException("The size of a chunk is not valid.", failure);
            }
        }

        private int Count(int read) => (_read += read) <= limit ? read : throw TooLarge();
    }
}
