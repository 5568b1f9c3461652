using Portico.Domain.Common;

namespace Portico.Application.SigningKeys;

/// <summary>The keys that sign access tokens, for operators; never their private halves.</summary>
public interface ISigningKeys
{
    /// <summary>Lists the keys, the oldest first.</summary>
    Task<IReadOnlyList<SigningKeyDto>> List(CancellationToken cancellationToken);

    /// <summary>Retires the current key and lets the next one sign, in the open transaction.</summary>
    Task<Result<SigningKeyChangesDto>> Rotate(string reason, CancellationToken cancellationToken);

    /// <summary>Removes a key, in the open transaction; in an emergency it may have signed tokens.</summary>
    Task<Result<SigningKeyChangesDto>> Drop(string id, bool isEmergency, string reason, CancellationToken cancellationToken);
}
