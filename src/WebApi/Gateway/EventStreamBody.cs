using Portico.Application.Common.Security;
using Portico.Infrastructure.AccessTokens;
using Portico.Infrastructure.Sessions;
using Portico.WebApi.Http;

namespace Portico.WebApi.Gateway;

/// <summary>The body of an event stream: each part restarts the timeout of the request, and a caller who signed out gets no more.</summary>
internal sealed class EventStreamBody(
    HttpContext context, Stream body, AccessTokenClaims? caller, IRevokedSessions revoked, ITokenVersions versions)
    : WriteOnlyStream
{
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (caller is not null
            && (await revoked.Contains(caller.SessionId, cancellationToken)
                || !(caller.IsServiceAccount || await versions.Accepts(caller.Subject, caller.Epoch, cancellationToken))))
            throw new OperationCanceledException("The session of the caller has ended.");
        RequestDeadline.Restart(context);
        await body.WriteAsync(buffer, cancellationToken);
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => body.FlushAsync(cancellationToken);
}
