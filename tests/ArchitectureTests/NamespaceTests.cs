using System.Reflection;

namespace Portico.ArchitectureTests;

/// <summary>The namespaces of an assembly form layers: a reader can learn them one after the other.</summary>
public sealed class NamespaceTests
{
    [Fact]
    public void No_namespaces_form_a_circle() => Solution.AssertNone(
        from assembly in Solution.All
        let uses = Uses(assembly)
        let reach = uses.Keys.ToDictionary(name => name, name => ReachableFrom(name, uses), StringComparer.Ordinal)
        from use in uses
        from to in use.Value
        where reach.GetValueOrDefault(to.Key)?.Contains(use.Key) == true
        select $"{use.Key} uses {to.Key}, which uses it in turn: {to.Value.From.Name} uses {to.Value.To.Name}");

    [Fact]
    public void Postgres_and_redis_know_no_feature() => Solution.AssertNone(
        from use in Uses(Solution.Infrastructure)
        where IsIn(use.Key, "Postgres") || IsIn(use.Key, "Redis")
        from to in use.Value
        where !IsIn(to.Key, "Postgres") && !IsIn(to.Key, "Redis") && !IsIn(to.Key, "Configuration") && !IsIn(to.Key, "Hosting")
        select $"{use.Key} uses {to.Key}: {to.Value.From.Name} uses {to.Value.To.Name}");

    [Fact]
    public void Internals_are_visible_to_tests_and_benchmarks_only() => Solution.AssertNone(
        from assembly in Solution.All
        from friend in assembly.GetCustomAttributes<System.Runtime.CompilerServices.InternalsVisibleToAttribute>()
        let name = friend.AssemblyName
        where !name.EndsWith("Tests", StringComparison.Ordinal) && name is not ("Portico.Testing" or "Portico.Bench")
        select $"{assembly.GetName().Name} shows its internals to {name}");

    [Fact]
    public void The_reader_of_dependencies_sees_bodies_attributes_and_type_arguments()
    {
        var seen = TypeDependencies.Of(Solution.Application).Select(use => (use.From.Name, use.To.Name)).ToHashSet();

        Assert.Contains(("PostTransferHandler", "LedgerClient"), seen);
        Assert.Contains(("PostTransfer", "AuthenticatedAttribute"), seen);
        Assert.Contains(("GetLeaderboardHandler", "RankDto"), seen);
    }

    private static bool IsIn(string name, string folder) =>
        name == $"Portico.Infrastructure.{folder}" || name.StartsWith($"Portico.Infrastructure.{folder}.", StringComparison.Ordinal);

    /// <summary>For each namespace the namespaces that it uses, with one use as an example.</summary>
    private static Dictionary<string, Dictionary<string, TypeDependency>> Uses(Assembly assembly) => TypeDependencies.Of(assembly)
        .Where(use => IsOurs(use.From) && IsOurs(use.To) && use.From.Namespace != use.To.Namespace)
        .GroupBy(use => use.From.Namespace!, StringComparer.Ordinal)
        .ToDictionary(
            uses => uses.Key,
            uses => uses.GroupBy(use => use.To.Namespace!, StringComparer.Ordinal)
                .ToDictionary(to => to.Key, to => to.First(), StringComparer.Ordinal),
            StringComparer.Ordinal);

    private static bool IsOurs(Type type) => type.Namespace?.StartsWith("Portico", StringComparison.Ordinal) == true;

    private static HashSet<string> ReachableFrom(string start, Dictionary<string, Dictionary<string, TypeDependency>> uses)
    {
        HashSet<string> reached = new(StringComparer.Ordinal);
        var next = new Stack<string>([start]);
        while (next.TryPop(out var name))
        {
            foreach (var to in uses.GetValueOrDefault(name)?.Keys ?? Enumerable.Empty<string>())
            {
                if (reached.Add(to))
                    next.Push(to);
            }
        }

        return reached;
    }
}
