using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>Executes instructions, each whole or not at all, and stores the outcome of each idempotency key.</summary>
public interface ILedger
{
    /// <summary>Queues an instruction and waits for its outcome.</summary>
    /// <remarks>
    /// Cancelled, it stops waiting; the instruction may still be executed, and a repetition with the same key learns how.
    /// An instruction without a key is known by its id: executed twice, it has one effect.
    /// </remarks>
    /// <exception cref="Common.DependencyUnavailableException">
    /// The queue is full or the database is away; the same may succeed later.
    /// </exception>
    Task<Outcome> Execute(Instruction instruction, CancellationToken cancellationToken);
}
