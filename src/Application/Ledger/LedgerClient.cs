using System.Diagnostics;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>Executes ledger instructions for the caller, with the idempotency key of the request.</summary>
internal sealed class LedgerClient(ILedger ledger, ILedgerRecords records, ICurrentUser caller, IRequestKey key, TimeProvider clock)
{
    public Guid CallerId => caller.Id;

    public DateTimeOffset Now => clock.GetUtcNow();

    public Guid NewId() => Ids.New(clock.GetUtcNow());

    /// <summary>Executes an instruction and converts its result to the answer.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="answer">Makes the answer of a success.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <param name="inLeg">Says in an error which leg was refused; without it the request has one leg.</param>
    public async Task<Result<T>> Execute<T>(
        Instruction instruction,
        Func<InstructionResult, T> answer,
        CancellationToken cancellationToken,
        Func<Error, int, Error>? inLeg = null)
    {
        var result = await ledger.Execute(
            instruction with
            {
                By = caller.Id,
                Key = key.Current is { } current ? new InstructionKey(current.Owner, current.Value, current.Fingerprint.Bytes) : null,
                TraceParent = Activity.Current?.Id,
            },
            cancellationToken);
        if (result.IsReplay)
            key.Replayed();
        if (result.KeyUsedBy is { } first)
            return key.Current?.Refuse(first.Span) ?? result.Error!;
        if (result.Error is { } refusal)
            return inLeg is not null && result.RefusedLeg is { } leg ? inLeg(refusal, leg) : refusal;
        return answer(result);
    }

    /// <summary>Finds the error that a request with this idempotency key got before, when what it needs has been removed since.</summary>
    /// <returns>The error, also when another request had the key; <c>null</c> when nothing was refused with it.</returns>
    public async Task<Error?> FindRefusal(CancellationToken cancellationToken)
    {
        if (key.Current is not { } current
            || await records.FindKey(current.Owner, current.Value, cancellationToken) is not { } recorded)
        {
            return null;
        }

        if (current.Refuse(recorded.Fingerprint.Span) is { } reused)
            return reused;
        if (recorded.Error is not null)
            key.Replayed();
        return recorded.Error;
    }
}
