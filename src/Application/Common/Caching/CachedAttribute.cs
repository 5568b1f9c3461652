using System.Reflection;

namespace Portico.Application.Common.Caching;

/// <summary>Says of a query that its answer may be kept for a while: it is the same for everybody who may send it.</summary>
/// <remarks>
/// The answer is made without a caller, so a query that reads anybody's own records fails instead of keeping them. Refusals are
/// never kept. The key is the query with all its properties.
/// </remarks>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class CachedAttribute(int seconds) : Attribute
{
    /// <summary>The longest that an answer is given, whatever happens to what it depends on.</summary>
    public TimeSpan Lifetime { get; } = TimeSpan.FromSeconds(seconds);
}

/// <summary>Names records on which the answer of a cached query depends: when one of them changes, the answer is made anew.</summary>
/// <param name="record">The class of the records.</param>
/// <param name="properties">Only when one of these changes; all and the making of records count when there are none.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false, AllowMultiple = true)]
public sealed class DependsOnAttribute(Type record, params string[] properties) : Attribute
{
    /// <summary>Everything on which any cached query depends.</summary>
    public static IReadOnlyList<DependsOnAttribute> All { get; } =
        [.. typeof(DependsOnAttribute).Assembly.GetTypes().SelectMany(type => type.GetCustomAttributes<DependsOnAttribute>()).DistinctBy(dependency => dependency.Tag, StringComparer.Ordinal)];

    public Type Record { get; } = record;

    public IReadOnlyList<string> Properties { get; } = properties;

    /// <summary>The name under which changes of it are told.</summary>
    public string Tag => Properties.Count == 0 ? Record.Name : $"{Record.Name}.{string.Join('+', Properties)}";
}
