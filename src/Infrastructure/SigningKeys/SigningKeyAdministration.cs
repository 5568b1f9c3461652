using Npgsql;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Records;
using Portico.Application.SigningKeys;
using Portico.Domain.Common;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>Shows and changes the signing keys for operators, by the same steps as the Migrator.</summary>
internal sealed class SigningKeyAdministration(
    SigningKeyStore store, NpgsqlDataSource database, ITransaction transaction, ISigningKeyRefresh refresh, TokenSettings settings,
    TimeProvider clock)
    : ISigningKeys
{
    public async Task<IReadOnlyList<SigningKeyDto>> List(CancellationToken cancellationToken) =>
        [.. (await Read(cancellationToken)).Select(Describe)];

    public Task<Result<SigningKeyChangesDto>> Rotate(string reason, CancellationToken cancellationToken) =>
        Change(() => store.Rotate(cancellationToken, reason));

    public async Task<Result<SigningKeyChangesDto>> Drop(
        string id, bool isEmergency, string reason, CancellationToken cancellationToken) =>
        (await Read(cancellationToken)).Any(key => key.Id == id)
            ? await Change(() => store.Drop(id, isEmergency, cancellationToken, reason))
            : RecordErrors.NotFound;

    private Task<IReadOnlyList<SigningKey>> Read(CancellationToken cancellationToken) =>
        SigningKey.ReadAll(database.CreateCommand, cancellationToken);

    private async Task<Result<SigningKeyChangesDto>> Change(Func<Task<IReadOnlyList<SigningKeyChange>>> change)
    {
        try
        {
            var changes = await change();
            // So that the answer is true of this process; the others follow within a second or two.
            transaction.AfterCommit(refresh.LookAgain);
            return new SigningKeyChangesDto([.. changes.Select(taken => new SigningKeyStepDto(taken.Step, taken.Key.Id))]);
        }
        catch (SigningKeyException refusal)
        {
            return SigningKeyErrors.Refused($"{refusal.Message.TrimEnd('.')}.");
        }
    }

    private SigningKeyDto Describe(SigningKey key) => new(
        key.Id,
        key.Algorithm,
        key.State,
        key.PublishedAt,
        key.ReadyAt,
        key.SignsSince,
        key.PublishedUntil,
        key.State switch
        {
            KeyState.Next => null,
            KeyState.Current => clock.GetUtcNow() + settings.AccessTokenLifetime + settings.ClockSkew,
            _ => key.PublishedUntil,
        });
}
