using Portico.Application.SigningKeys;

namespace Portico.Infrastructure.SigningKeys;

/// <summary>A signing key and the step that it took.</summary>
public sealed record SigningKeyChange(KeyStep Step, SigningKey Key);

/// <summary>All signing keys at one time, and their steps: next → current → previous → removed.</summary>
/// <remarks>
/// A key is published for <c>Tokens:SigningKeyLead</c> before it signs, so that every verifier knows it in time. Then it signs for
/// <c>Tokens:SigningKeyLifetime</c>, and stays published for the longest possible lifetime of a token, independent of the setting.
/// </remarks>
internal sealed class SigningKeySet(IEnumerable<SigningKey> keys, KeySealing sealing, Func<string, TokenKey> generate)
{
    /// <summary>The maximum number of previous keys; only repeated manual rotations reach it.</summary>
    public const int MaxPrevious = 16;

    /// <summary>
    /// How long a previous key stays published: the lifetime of a token, the clock skew of verifiers, and the delay of a slow replica.
    /// </summary>
    public static readonly TimeSpan Retention = TokenSettings.MaxLifetime + (2 * TokenSettings.MaxClockSkew) + TimeSpan.FromMinutes(5);

    // Without this time, replicas with two configurations would replace each other's choice of algorithm again and again.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    private readonly List<SigningKey> _keys = [.. keys];

    public IReadOnlyList<SigningKey> Keys => _keys;

    public SigningKey? Current => _keys.Find(key => key.State == KeyState.Current);

    public SigningKey? Next => _keys.Find(key => key.State == KeyState.Next);

    /// <summary>The step that is due, or <c>null</c>. After it another step may be due.</summary>
    public Func<SigningKeyChange>? Due(DateTimeOffset now, TokenSettings settings)
    {
        var (current, next) = (Current, Next);
        if (_keys.Find(key => key.PublishedUntil <= now) is { } dead)
            return () => Remove(dead, KeyStep.Removed);
        if (next is not null && next.Algorithm != settings.Algorithm && next.PublishedAt + Settling <= now)
            return () => Remove(next, KeyStep.Removed);
        if (next is null)
            return () => Make(settings.Algorithm, now, current is null ? TimeSpan.Zero : settings.SigningKeyLead);
        if (current is null)
            return () => Promote(now);

        var isOver = current.Algorithm != settings.Algorithm || current.SignsSince + settings.SigningKeyLifetime <= now;
        return isOver && next.Algorithm == settings.Algorithm && next.ReadyAt <= now && !IsFull ? () => Retire(now) : null;
    }

    /// <summary>The steps that make the next key the current key.</summary>
    /// <exception cref="SigningKeyException">There is no next key that was published long enough.</exception>
    public IEnumerable<Func<SigningKeyChange>> Rotate(DateTimeOffset now)
    {
        if (Next is not { } next)
            throw new SigningKeyException("There is no next key yet: the web API makes one within seconds of its start.");
        if (next.ReadyAt > now)
            throw new SigningKeyException(
                $"The next key {next.Id} was published at {next.PublishedAt:u} and may sign from {next.ReadyAt:u}, "
                + "so that verifiers know it in time.");
        if (IsFull)
            throw new SigningKeyException(
                $"{MaxPrevious} previous keys are still published, because tokens that they signed may be valid. "
                + $"Wait until {_keys.Min(key => key.PublishedUntil):u}.");

        return Current is null ? [() => Promote(now)] : [() => Retire(now), () => Promote(now)];
    }

    /// <summary>The steps that remove a key immediately and, if it was the current key, replace it.</summary>
    /// <exception cref="SigningKeyException">The key does not exist, or its tokens may be valid and this is not an emergency.</exception>
    /// <exception cref="SealedKeyException">A key would be sealed with another sealing key than that of the servers.</exception>
    public IEnumerable<Func<SigningKeyChange>> Drop(string id, bool isEmergency, DateTimeOffset now)
    {
        var key = _keys.Find(key => key.Id == id) ?? throw new SigningKeyException($"There is no key {id}.");
        if (!isEmergency && key.State != KeyState.Next)
            throw new SigningKeyException(
                $"Tokens that {id} signed may be valid, and would become invalid everywhere. "
                + "If the key was stolen, drop it as an emergency.");

        if (key.State == KeyState.Current)
            key.RequireKnown(sealing);
        yield return () => Remove(key, KeyStep.Dropped);
        if (key.State != KeyState.Current)
            yield break;
        if (Next is null)
            yield return () => Make(key.Algorithm, now, TimeSpan.Zero);
        yield return () => Promote(now);
    }

    private bool IsFull => _keys.Count(key => key.State == KeyState.Previous) >= MaxPrevious;

    private SigningKeyChange Make(string algorithm, DateTimeOffset now, TimeSpan lead)
    {
        var key = SigningKey.New(generate(algorithm), now, lead, sealing);
        _keys.Add(key);
        return new(KeyStep.Made, key);
    }

    private SigningKeyChange Promote(DateTimeOffset now)
    {
        var next = Next!;
        next.Promote(now, sealing);
        return new(KeyStep.Promoted, next);
    }

    private SigningKeyChange Retire(DateTimeOffset now)
    {
        var current = Current!;
        current.Retire(now, Retention, sealing);
        return new(KeyStep.Retired, current);
    }

    private SigningKeyChange Remove(SigningKey key, KeyStep step)
    {
        _keys.Remove(key);
        return new(step, key);
    }
}

/// <summary>A change of signing keys is not possible; the message gives the reason.</summary>
public sealed class SigningKeyException(string message) : Exception(message);
