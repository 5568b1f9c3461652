using Portico.Domain.Ledger;

namespace Portico.Application.Ledger;

/// <summary>Carries instructions out, each whole or not at all, and remembers the answers to keys.</summary>
public interface ILedger
{
    /// <summary>Queues an instruction and waits for what became of it.</summary>
    /// <remarks>
    /// Cancelled, it stops waiting; the instruction may still be carried out, and a repetition with the same key learns how.
    /// An instruction without a key is known by its id: carried out twice, it has one effect.
    /// </remarks>
    /// <exception cref="Common.DependencyUnavailableException">The queue is full or the database is away; the same may succeed later.</exception>
    Task<Outcome> Carry(Instruction instruction, CancellationToken cancellationToken);
}
