using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>Executes instructions, each whole or not at all, and stores the result of each idempotency key.</summary>
public interface ILedger
{
    /// <summary>Queues an instruction and waits for its result.</summary>
    /// <remarks>
    /// Cancellation ends only the wait: the instruction may still be executed, and a repetition with the same key gets its result.
    /// An instruction without a key is identified by its id: executed twice, it has one effect.
    /// </remarks>
    /// <exception cref="Common.DependencyUnavailableException">
    /// The queue is full or the database is unavailable; the same instruction may succeed later.
    /// </exception>
    Task<InstructionResult> Execute(Instruction instruction, CancellationToken cancellationToken);
}
