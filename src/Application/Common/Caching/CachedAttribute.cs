using System.Reflection;

namespace Portico.Application.Common.Caching;

/// <summary>Marks a query whose answer is cached: the answer is the same for every caller who may send the query.</summary>
/// <remarks>
/// The handler runs without a caller, so a query that reads owned records fails instead of caching them. Errors are never cached.
/// The cache key is the query with all its properties.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class CachedAttribute(int seconds) : Attribute
{
    /// <summary>How long a cached answer is used at most.</summary>
    public TimeSpan Lifetime { get; } = TimeSpan.FromSeconds(seconds);
}

/// <summary>Names records on which the answer of a cached query depends: a change of one removes the answer from the cache.</summary>
/// <param name="record">The class of the records.</param>
/// <param name="properties">Only changes of these properties count; without names every change and every new record counts.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class DependsOnAttribute(Type record, params string[] properties) : Attribute
{
    /// <summary>The dependencies of all cached queries.</summary>
    public static IReadOnlyList<DependsOnAttribute> All { get; } =
    [
        .. typeof(DependsOnAttribute).Assembly.GetTypes()
            .SelectMany(type => type.GetCustomAttributes<DependsOnAttribute>())
            .DistinctBy(dependency => dependency.Tag, StringComparer.Ordinal),
    ];

    public Type Record { get; } = record;

    public IReadOnlyList<string> Properties { get; } = properties;

    /// <summary>The tag of the cached answers that depend on it.</summary>
    public string Tag => Properties.Count == 0 ? Record.Name : $"{Record.Name}.{string.Join('+', Properties)}";
}
