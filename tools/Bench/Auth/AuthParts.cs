using System.Globalization;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Portico.Bench.Load;
using Portico.Infrastructure.Identity;
using Portico.Infrastructure.Tokens;

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

        foreach (var iterations in (int[])[LoadStack.FewIterations, new PasswordSettings().Iterations])
        {
            var hasher = new PasswordHasher<Credential>(Options.Create(new PasswordHasherOptions { IterationCount = iterations }));
            var (nobody, password) = (new Credential(), "correct horse battery staple");
            var hash = hasher.HashPassword(nobody, password);
            parts.Add((
                string.Create(CultureInfo.InvariantCulture, $"one password hash of {iterations:N0} rounds"),
                MsOf(() => hasher.VerifyHashedPassword(nobody, hash, password), cancellationToken)));
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
