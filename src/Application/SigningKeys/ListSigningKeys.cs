using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.SigningKeys;

/// <summary>Lists the signing keys, the oldest first; for administrators.</summary>
[RequirePermission(Permissions.SigningKeysManage)]
public sealed record ListSigningKeys : IQuery<Page<SigningKeyDto>>;

internal sealed class ListSigningKeysHandler(ISigningKeys keys) : IQueryHandler<ListSigningKeys, Page<SigningKeyDto>>
{
    // The next key, the current key, and at most 16 previous keys.
    public async Task<Result<Page<SigningKeyDto>>> Handle(ListSigningKeys query, CancellationToken cancellationToken) =>
        new Page<SigningKeyDto>(await keys.List(cancellationToken), NextCursor: null);
}
