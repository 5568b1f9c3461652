using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Portico.Bench.Load;

/// <summary>How hard and how long a scenario loads.</summary>
internal sealed record LoadOptions
{
    public const string Usage =
        """
        Options:
          --connections N     1 to 256
          --rounds N          1 to 100; of start and idle: how often each variant is measured, in turn
          --seconds N         1 to 600, of a round; of start: how long the load lasts
          --warm-up N         0 to 600 seconds of load without measuring; of idle: how long the API settles
          --windows N,N,…     measure one round after so many seconds of load each, in place of the warm-up and the rounds
          --variant V         how the API is started: NAME[,published|,FOLDER][,KEY=VALUE]…, where "published" is the ReadyToRun build
                              that the containers have, FOLDER has the build of another version, and KEY=VALUE is an environment
                              variable; start, idle and ledger-variants compare several variants
          --rate N            requests a second in place of as many as the connections carry, 1 to 100000; a latency then counts from the
                              moment when the request was due
          --only WORD         only the loads whose name begins with it
          --peer FILE.sql     of ledger, with --call 'SELECT …': the ledger in SQL to compare with, called with the accounts :a and :b,
                              1 to 10000
        """;

    private const int MaxWindow = 600;

    private const int MaxRate = 100_000;

    private int? _connections;

    public int Connections => _connections ?? 8;

    /// <summary>The numbers of connections to measure one after the other: the one that was asked for, or a few and many.</summary>
    public IReadOnlyList<int> ConnectionLevels => _connections is { } asked ? [asked] : [8, 256];

    public int Rounds { get; init; } = 5;

    /// <summary>How long one round takes.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long the load runs unmeasured before the first round: code is compiled twice before it has its speed.</summary>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>After how many seconds of load a round is measured; empty for rounds after one warm-up.</summary>
    public IReadOnlyList<int> Windows { get; init; } = [];

    /// <summary>How many requests a second are sent over all connections; 0 for as many as possible.</summary>
    public int Rate { get; init; }

    /// <summary>How the API is started: at least one way.</summary>
    public IReadOnlyList<ApiVariant> Variants { get; private init; } = [ApiVariant.AsBuilt];

    /// <summary>The load without any round that is measured.</summary>
    public LoadOptions WithoutRounds() => this with { Rounds = 0, Windows = [] };

    public LoadOptions OneRound() => this with { Rounds = 1, Windows = [], WarmUp = TimeSpan.Zero };

    /// <summary>How the name of the loads begins that are wanted; empty for all.</summary>
    public string Only { get; private init; } = "";

    public bool Wants(string load) => load.StartsWith(Only, StringComparison.Ordinal);

    /// <summary>A file that makes another ledger in SQL, and the call that makes a transfer in it.</summary>
    public string? Peer { get; private init; }

    public string? Call { get; private init; }

    public static bool TryParse(
        string[] arguments, LoadOptions defaults, [NotNullWhen(true)] out LoadOptions? options, [NotNullWhen(false)] out string? problem)
    {
        options = defaults;
        List<ApiVariant> variants = [];
        foreach (var pair in arguments.Chunk(2))
        {
            var number = pair.Length == 2
                && int.TryParse(pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : -1;
            var changed = (pair[0], number) switch
            {
                ("--connections", >= 1 and <= 256) => options with { _connections = number },
                ("--rounds", >= 1 and <= 100) => options with { Rounds = number },
                ("--seconds", >= 1 and <= 600) => options with { Duration = TimeSpan.FromSeconds(number) },
                ("--warm-up", >= 0 and <= 600) => options with { WarmUp = TimeSpan.FromSeconds(number) },
                ("--windows", _) when pair.Length == 2 && ParseWindows(pair[1]) is { } windows => options with { Windows = windows },
                ("--rate", >= 1 and <= MaxRate) => options with { Rate = number },
                ("--variant", _) when pair.Length == 2 && ApiVariant.TryParse(pair[1], out var variant) =>
                    options with { Variants = [.. variants, variant] },
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
            if (pair[0] == "--variant")
                variants.Add(options.Variants[^1]);
        }

        problem = (options.Peer is null) == (options.Call is null) ? null : "--peer and --call go together.";
        return problem is null;
    }

    private static int[]? ParseWindows(string text)
    {
        int[] windows =
            [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : -1)];
        return windows.All(at => at is >= 0 and <= MaxWindow)
            && windows.Zip(windows.Skip(1)).All(pair => pair.First < pair.Second) ? windows : null;
    }
}
