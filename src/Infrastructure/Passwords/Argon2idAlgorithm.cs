using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Konscious.Security.Cryptography;

namespace Portico.Infrastructure.Passwords;

/// <summary>Argon2id, version 1.3 (RFC 9106), in the PHC string format.</summary>
internal sealed partial class Argon2idAlgorithm : IPasswordAlgorithm
{
    public const int MaxParallelism = 8;
    public const int MinMemoryPerLaneKiB = 8;

    /// <summary>The maximum of memory times passes of one hash: about 1.5 s of processor time.</summary>
    public const int MaxWorkKiB = 1_048_576;

    private const int SaltLength = 16;
    private const int OutputLength = 32;
    private const int MinBytes = 8;
    private const int MaxBytes = 64;

    private readonly Parameters _parameters;
    private readonly int _maxMemoryKiB;

    // The library computes on the thread pool. These additional threads keep as many threads for requests as before.
    static Argon2idAlgorithm()
    {
        ThreadPool.GetMinThreads(out var workers, out var ports);
        ThreadPool.SetMinThreads(workers + Environment.ProcessorCount, ports);
    }

    public Argon2idAlgorithm(PasswordSettings settings)
    {
        _maxMemoryKiB = settings.MaxMemoryMiB * 1024;
        _parameters = new Parameters(settings.Argon2MemoryKiB, settings.Argon2Iterations, settings.Argon2Parallelism);
        Kind = KindOf(_parameters, SaltLength, OutputLength);
    }

    public string Name => "argon2id";

    public HashKind Kind { get; }

    public HashKind? KindOf(string hash) =>
        Read(hash) is { } stored ? KindOf(stored.Parameters, stored.Salt.Length, stored.Output.Length) : null;

    public string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return Write(_parameters, salt, Compute(password, _parameters, salt, OutputLength));
    }

    public bool Verify(string hash, string password)
    {
        var stored = Read(hash) ?? throw new ArgumentException("This is not an Argon2id hash.", nameof(hash));
        var output = Compute(password, stored.Parameters, stored.Salt, stored.Output.Length);
        return CryptographicOperations.FixedTimeEquals(stored.Output, output);
    }

    public bool IsWeaker(string hash) =>
        Read(hash) is not { } stored || stored.Parameters.MemoryKiB < _parameters.MemoryKiB || stored.Parameters.Work < _parameters.Work;

    private static byte[] Compute(string password, Parameters parameters, byte[] salt, int length)
    {
        using var argon2 = new Argon2id(Encoding.UTF8.GetBytes(password))
        {
            Salt = salt,
            MemorySize = parameters.MemoryKiB,
            Iterations = parameters.Iterations,
            DegreeOfParallelism = parameters.Parallelism,
        };
        return argon2.GetBytes(length);
    }

    private HashKind KindOf(Parameters parameters, int saltLength, int outputLength) =>
        new(this, Write(parameters, new byte[saltLength], new byte[outputLength]), parameters.MemoryKiB);

    private Stored? Read(string hash)
    {
        if (PhcString().Match(hash) is not { Success: true } match)
            return null;

        var parameters = new Parameters(Number("m"), Number("t"), Number("p"));
        if (parameters.Parallelism > MaxParallelism || parameters.MemoryKiB < MinMemoryPerLaneKiB * parameters.Parallelism
            || parameters.MemoryKiB > _maxMemoryKiB || parameters.Work > MaxWorkKiB)
        {
            return null;
        }

        return FromBase64(match.Groups["salt"].Value) is { } salt && FromBase64(match.Groups["output"].Value) is { } output
            ? new Stored(parameters, salt, output)
            : null;

        int Number(string name) => int.Parse(match.Groups[name].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);
    }

    private static string Write(Parameters parameters, byte[] salt, byte[] output) => string.Create(
        CultureInfo.InvariantCulture,
        $"$argon2id$v=19$m={parameters.MemoryKiB},t={parameters.Iterations},p={parameters.Parallelism}"
        + $"${ToBase64(salt)}${ToBase64(output)}");

    private static string ToBase64(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=');

    /// <summary>Reads standard base64 without padding, only in its canonical form.</summary>
    private static byte[]? FromBase64(string text)
    {
        var bytes = new byte[MaxBytes];
        return Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), bytes, out var length)
            && length is >= MinBytes and <= MaxBytes && ToBase64(bytes[..length]) == text
                ? bytes[..length]
                : null;
    }

    // The parameters in the order of the specification, without leading zeros; no key id and no associated data.
    [GeneratedRegex(
        @"^\$argon2id\$v=19\$m=(?<m>[1-9][0-9]{0,7}),t=(?<t>[1-9][0-9]{0,6}),p=(?<p>[1-9][0-9]{0,2})"
        + @"\$(?<salt>[A-Za-z0-9+/]{1,86})\$(?<output>[A-Za-z0-9+/]{1,86})\z",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex PhcString();

    private sealed record Parameters(int MemoryKiB, int Iterations, int Parallelism)
    {
        public long Work => (long)MemoryKiB * Iterations;
    }

    private sealed record Stored(Parameters Parameters, byte[] Salt, byte[] Output);
}
