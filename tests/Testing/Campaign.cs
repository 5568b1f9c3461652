using System.Globalization;

namespace Portico.Testing;

/// <summary>Seeded runs of one property or fault, of which a failure names the seed that repeats it.</summary>
/// <remarks>
/// The suite makes a few runs from a random seed; <c>./dev test faults --runs N --seed S</c> makes as many as are asked for.
/// A run must draw all its chances from its seed. The tests carry the trait <c>Category=Faults</c>.
/// </remarks>
public static class Campaign
{
    /// <summary>The value of the trait <c>Category</c> by which <c>./dev test faults</c> finds campaigns.</summary>
    public const string Category = "Faults";

    private const int MaxRuns = 1_000_000;

    /// <summary>Whether runs were asked for, which may then be as large as they are meant.</summary>
    public static bool IsOnRequest => Environment.GetEnvironmentVariable("PORTICO_FAULT_RUNS") is { Length: > 0 };

    /// <param name="runsInSuite">How many runs there are when none are asked for.</param>
    /// <param name="run">One run; the seed decides all of it.</param>
    /// <exception cref="InvalidOperationException">A run failed; the message says how to repeat it.</exception>
    public static async Task Run(int runsInSuite, Func<int, Task> run)
    {
        var runs = Number("PORTICO_FAULT_RUNS", 1, MaxRuns) ?? runsInSuite;
        var first = Number("PORTICO_FAULT_SEED", 0, int.MaxValue) ?? Random.Shared.Next();
        for (var n = 0; n < runs; n++)
        {
            // Seeds stay in the range that can be asked for.
            var seed = (int)(((long)first + n) % int.MaxValue);
            try
            {
                await run(seed);
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException(
                    $"Run {n + 1} of {runs} failed; ./dev test faults --runs 1 --seed {seed} repeats it: {failure.Message}", failure);
            }
        }
    }

    private static int? Number(string variable, int min, int max)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { Length: > 0 } text)
            return null;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new InvalidOperationException($"{variable} is '{text}' and must be a whole number from {min} to {max}.");
    }
}
