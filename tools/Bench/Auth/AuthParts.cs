using System.Globalization;
using Portico.Bench.Load;
using Portico.Infrastructure.Passwords;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Bench.Auth;

/// <summary>The processor time of the cryptography that is part of a sign-in, a refresh and a check, measured in the same run.</summary>
internal static class AuthParts
{
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(1.5);

    public static void Measure(LoadReport report, CancellationToken cancellationToken)
    {
        List<(string What, double Ms)> parts = [];
        foreach (var algorithm in TokenKey.Algorithms)
        {
            var key = TokenKey.Generate(algorithm);
            var (data, signature) = (new byte[700], new byte[key.SignatureLength]);
            parts.Add(($"{algorithm}: one signature", MsOf(() => key.Sign(data, signature), cancellationToken)));
            parts.Add(($"{algorithm}: one verification", MsOf(() => key.Verify(data, signature), cancellationToken)));
        }

        var settings = new PasswordSettings();
        IPasswordAlgorithm[] algorithms =
        [
            new Argon2idAlgorithm(new PasswordSettings { Argon2MemoryKiB = LoadStack.LeastMemoryKiB }), new Argon2idAlgorithm(settings),
            new Pbkdf2Algorithm(settings),
            new BcryptAlgorithm(settings),
        ];
        foreach (var algorithm in algorithms)
        {
            var parameters = algorithm.Kind.MemoryKiB is > 0 and var memory
                ? string.Create(CultureInfo.InvariantCulture, $" of {memory:N0} KiB")
                : "";
            var hash = algorithm.Hash("correct horse battery staple");
            parts.Add(
                (
                    $"one password hash, {algorithm.Name}{parameters}",
                    MsOf(() => algorithm.Verify(hash, "correct horse battery staple"), cancellationToken)));
        }

        report.AddSection(
            "Parts",
            "Sign-ins above were measured with the cheaper hash.\n\n| | CPU ms |\n|---|--:|\n"
            + string.Join('\n', parts.Select(part => string.Create(CultureInfo.InvariantCulture, $"| {part.What} | {part.Ms:0.000} |"))),
            parts.ToDictionary(part => part.What, part => part.Ms, StringComparer.Ordinal));
    }

    private static double MsOf(Action work, CancellationToken cancellationToken)
    {
        work();
        var (done, started) = (0, ProcessorTime.OfGenerator());
        var used = TimeSpan.Zero;
        while (used < Duration)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (var n = 0; n < 10; n++, done++)
                work();
            used = ProcessorTime.OfGenerator() - started;
        }

        return used.TotalMilliseconds / done;
    }
}
