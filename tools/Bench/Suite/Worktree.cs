using Portico.Bench.Load;

namespace Portico.Bench.Suite;

/// <summary>Another version of the sources, checked out into a temporary folder and built.</summary>
internal sealed class Worktree : IAsyncDisposable
{
    private static readonly TimeSpan GitLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(15);

    private readonly string _repository;
    private readonly string _log;

    private Worktree(string repository, string folder, string commit, string log) =>
        (_repository, Folder, Commit, _log) = (repository, folder, commit, log);

    public string Folder { get; }

    public string Commit { get; }

    /// <param name="reference">A commit, branch or tag.</param>
    /// <param name="repository">The checkout that knows it.</param>
    /// <param name="logs">The folder for what git and the build write.</param>
    /// <param name="cancellationToken">Ends what has begun.</param>
    /// <exception cref="LoadException">There is no such commit, or it can't be built.</exception>
    public static async Task<Worktree> CreateAsync(string reference, string repository, string logs, CancellationToken cancellationToken)
    {
        var log = Path.Combine(logs, "git.log");
        var commit = await CommitOf(reference, repository, logs, cancellationToken)
            ?? throw new LoadException($"--compare: there is no commit '{reference}' here.");
        var folder = Path.Combine(Path.GetTempPath(), $"portico-bench-{Guid.NewGuid():N}");
        if (await LoggedCommand.RunAsync(
            "git", ["worktree", "add", "--detach", "--quiet", folder, commit], repository, log, GitLimit, cancellationToken) != 0)
            throw new LoadException($"--compare: git can't check '{reference}' out: {LoggedCommand.LastLine(log)}");
        var worktree = new Worktree(repository, folder, commit, log);
        try
        {
            await worktree.BuildAsync(reference, Path.Combine(logs, "build.log"), cancellationToken);
            return worktree;
        }
        catch
        {
            await worktree.DisposeAsync();
            throw;
        }
    }

    /// <summary>The short name of a commit; null when there is none.</summary>
    public static async Task<string?> CommitOf(string reference, string repository, string logs, CancellationToken cancellationToken)
    {
        var log = Path.Combine(logs, "git.log");
        var exitCode = await LoggedCommand.RunAsync(
            "git", ["rev-parse", "--short=10", "--verify", "--quiet", "--end-of-options", $"{reference}^{{commit}}"],
            repository, log, GitLimit, cancellationToken);
        return exitCode == 0 ? LoggedCommand.LastLine(log) : null;
    }

    /// <summary>Whether the checkout differs from its commit.</summary>
    public static async Task<bool> IsChanged(string repository, string logs, CancellationToken cancellationToken)
    {
        var log = Path.Combine(logs, "git.log");
        return await LoggedCommand.RunAsync("git", ["status", "--porcelain"], repository, log, GitLimit, cancellationToken) == 0
            && LoggedCommand.LastLine(log).Length > 0;
    }

    public async ValueTask DisposeAsync()
    {
        // Also after Ctrl-C: a worktree that is left would stay known to git.
        if (await LoggedCommand.RunAsync(
            "git", ["worktree", "remove", "--force", Folder], _repository, _log, GitLimit, CancellationToken.None) != 0)
            await Console.Error.WriteLineAsync($"Remove {Folder} by 'git worktree remove --force': {LoggedCommand.LastLine(_log)}");
    }

    private async Task BuildAsync(string reference, string log, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Building {reference} ({Commit}) …");
        if (await LoggedCommand.RunAsync(
            "dotnet", ["build", "tools/Bench", "-c", "Release", "-p:RunAnalyzers=false", "-v", "quiet", "--nologo"],
            Folder, log, BuildLimit, cancellationToken) != 0)
            throw new LoadException($"--compare: '{reference}' can't be built, see {log}: {LoggedCommand.LastLine(log)}");
    }
}
