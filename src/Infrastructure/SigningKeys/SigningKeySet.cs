namespace Portico.Infrastructure.SigningKeys;

/// <summary>What happened to a signing key.</summary>
public enum SigningKeyStep
{
    Made,
    Promoted,
    Retired,
    Removed,
    Dropped,
}

public sealed record SigningKeyChange(SigningKeyStep Step, SigningKey Key);

/// <summary>All signing keys at one moment, and the steps that they take: next → current → previous → gone.</summary>
/// <remarks>
/// A key is published for <c>Tokens:SigningKeyLead</c> before it signs, so that no verifier meets one that it could not know; then it signs
/// for <c>Tokens:SigningKeyLifetime</c>, and stays published for as long as any token may live, whatever the lifetime of tokens is set to.
/// </remarks>
internal sealed class SigningKeySet(IEnumerable<SigningKey> keys, KeySealing sealing, Func<string, TokenKey> generate)
{
    /// <summary>More wait for their end only while somebody rotates by hand again and again.</summary>
    public const int MaxPrevious = 16;

    /// <summary>
    /// So long is a key published that no longer signs: the life of a token, the leeway of verifiers, and a replica that is late to learn.
    /// </summary>
    public static readonly TimeSpan Retention = TokenSettings.MaxLifetime + (2 * TokenSettings.MaxClockSkew) + TimeSpan.FromMinutes(5);

    // While replicas of two configurations run side by side, they would undo each other's choice of algorithm all the time.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(1);

    private readonly List<SigningKey> _keys = [.. keys];

    public IReadOnlyList<SigningKey> Keys => _keys;

    public SigningKey? Current => _keys.Find(key => key.State == SigningKeyState.Current);

    public SigningKey? Next => _keys.Find(key => key.State == SigningKeyState.Next);

    /// <summary>The step that is due; none when all is as it should be. After it another one may be.</summary>
    public Func<SigningKeyChange>? Due(DateTimeOffset now, TokenSettings settings)
    {
        var (current, next) = (Current, Next);
        if (_keys.Find(key => key.PublishedUntil <= now) is { } dead)
            return () => Remove(dead, SigningKeyStep.Removed);
        if (next is not null && next.Algorithm != settings.Algorithm && next.PublishedAt + Settling <= now)
            return () => Remove(next, SigningKeyStep.Removed);
        if (next is null)
            return () => Make(settings.Algorithm, now, current is null ? TimeSpan.Zero : settings.SigningKeyLead);
        if (current is null)
            return () => Promote(now);

        var isOver = current.Algorithm != settings.Algorithm || current.SignsSince + settings.SigningKeyLifetime <= now;
        return isOver && next.Algorithm == settings.Algorithm && next.ReadyAt <= now && !IsFull ? () => Retire(now) : null;
    }

    /// <summary>The steps by which the next key signs from now on.</summary>
    /// <exception cref="SigningKeyException">There is none that verifiers have had the time to learn of.</exception>
    public IEnumerable<Func<SigningKeyChange>> Rotate(DateTimeOffset now)
    {
        if (Next is not { } next)
            throw new SigningKeyException("There is no next key yet: the web API makes one within seconds of its start.");
        if (next.ReadyAt > now)
            throw new SigningKeyException(
                $"The next key {next.Id} is published since {next.PublishedAt:u} only, and signs from {next.ReadyAt:u} on, so that verifiers know it by then.");
        if (IsFull)
            throw new SigningKeyException(
                $"{MaxPrevious} earlier keys are still published, because tokens of theirs may be alive. Wait until {_keys.Min(key => key.PublishedUntil):u}.");

        return Current is null ? [() => Promote(now)] : [() => Retire(now), () => Promote(now)];
    }

    /// <summary>The steps by which a key is gone at once, and another signs if it was the one that did.</summary>
    /// <exception cref="SigningKeyException">There is no such key, or tokens of it would die and this is no emergency.</exception>
    public IEnumerable<Func<SigningKeyChange>> Drop(string id, bool isEmergency, DateTimeOffset now)
    {
        var key = _keys.Find(key => key.Id == id) ?? throw new SigningKeyException($"There is no key {id}.");
        if (!isEmergency && key.State != SigningKeyState.Next)
            throw new SigningKeyException(
                $"Tokens that {id} signed are alive, and would be refused everywhere. If it was stolen, say --emergency.");

        yield return () => Remove(key, SigningKeyStep.Dropped);
        if (key.State != SigningKeyState.Current)
            yield break;
        if (Next is null)
            yield return () => Make(key.Algorithm, now, TimeSpan.Zero);
        yield return () => Promote(now);
    }

    private bool IsFull => _keys.Count(key => key.State == SigningKeyState.Previous) >= MaxPrevious;

    private SigningKeyChange Make(string algorithm, DateTimeOffset now, TimeSpan lead)
    {
        var key = SigningKey.New(generate(algorithm), now, lead, sealing);
        _keys.Add(key);
        return new(SigningKeyStep.Made, key);
    }

    private SigningKeyChange Promote(DateTimeOffset now)
    {
        var next = Next!;
        next.Promote(now, sealing);
        return new(SigningKeyStep.Promoted, next);
    }

    private SigningKeyChange Retire(DateTimeOffset now)
    {
        var current = Current!;
        current.Retire(now, Retention, sealing);
        return new(SigningKeyStep.Retired, current);
    }

    private SigningKeyChange Remove(SigningKey key, SigningKeyStep step)
    {
        _keys.Remove(key);
        return new(step, key);
    }
}

/// <summary>A change of signing keys that is refused, with the sentence that says why.</summary>
public sealed class SigningKeyException(string message) : Exception(message);
