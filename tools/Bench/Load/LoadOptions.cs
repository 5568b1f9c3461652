using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Portico.Bench.Load;

/// <summary>How hard and how long a scenario loads.</summary>
internal sealed record LoadOptions
{
    public const string Usage = "Options: --connections N (1 to 256), --rounds N (1 to 100), --seconds N (1 to 600, of a round), --warm-up N (0 to 600, seconds), "
        + "--only WORD (of ledger: only the loads whose name begins with it); "
        + "of ledger: --peer FILE.sql with --call 'SELECT …', the ledger in SQL to compare with, called with the accounts :a and :b, 1 to 10000.";

    public int Connections { get; private init; } = 8;

    public int Rounds { get; private init; } = 5;

    /// <summary>How long one round takes.</summary>
    public TimeSpan Duration { get; private init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long the load runs unmeasured before the first round: code is compiled twice before it has its speed.</summary>
    public TimeSpan WarmUp { get; private init; } = TimeSpan.FromSeconds(5);

    /// <summary>The load without any round that is measured.</summary>
    public LoadOptions WithoutRounds() => this with { Rounds = 0 };

    /// <summary>How the name of the loads begins that are wanted; empty for all.</summary>
    public string Only { get; private init; } = "";

    /// <summary>A file that makes another ledger in SQL, and the call that makes a transfer in it.</summary>
    public string? Peer { get; private init; }

    public string? Call { get; private init; }

    public static bool TryParse(string[] arguments, [NotNullWhen(true)] out LoadOptions? options, [NotNullWhen(false)] out string? problem)
    {
        options = new LoadOptions();
        foreach (var pair in arguments.Chunk(2))
        {
            var number = pair.Length == 2 && int.TryParse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : -1;
            var changed = (pair[0], number) switch
            {
                ("--connections", >= 1 and <= 256) => options with { Connections = number },
                ("--rounds", >= 1 and <= 100) => options with { Rounds = number },
                ("--seconds", >= 1 and <= 600) => options with { Duration = TimeSpan.FromSeconds(number) },
                ("--warm-up", >= 0 and <= 600) => options with { WarmUp = TimeSpan.FromSeconds(number) },
                ("--only", _) when pair.Length == 2 => options with { Only = pair[1] },
                ("--peer", _) when pair.Length == 2 && File.Exists(pair[1]) => options with { Peer = pair[1] },
                ("--call", _) when pair.Length == 2 => options with { Call = pair[1] },
                _ => null,
            };
            if (changed is null)
            {
                (options, problem) = (null, $"'{string.Join(' ', pair)}' is no option. {Usage}");
                return false;
            }

            options = changed;
        }

        problem = (options.Peer is null) == (options.Call is null) ? null : "--peer and --call go together.";
        return problem is null;
    }
}
