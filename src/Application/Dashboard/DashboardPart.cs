using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;

namespace Portico.Application.Dashboard;

/// <summary>Reads one part of the dashboard for the current caller.</summary>
/// <remarks>
/// <see cref="DashboardPartAttribute"/> declares the part. Each read has a DI scope of its own and may run twice at the same time, so it
/// changes nothing. It sends queries, so their authorisation, validation and cache hold. The client of another service reports an outage
/// as a <see cref="Common.DependencyUnavailableException"/>.
/// </remarks>
public interface IDashboardPart<T>
    where T : class
{
    Task<Result<T>> Read(CancellationToken cancellationToken);
}

/// <summary>Declares a part of the dashboard.</summary>
/// <param name="name">The name in the page and in <c>?include=</c>, in camelCase.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class DashboardPartAttribute(string name) : Attribute
{
    public string Name { get; } = name;

    /// <summary>The part of the deadline that the read may take, more than 0 and at most 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>Whether the page is of no use without this part; the page says so.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Whether the last good copy may stand in for a failed read.</summary>
    public bool IsCacheable { get; init; }

    /// <summary>The service that the part calls, with its circuit breaker, bulkhead and hedging; <c>null</c> for this process.</summary>
    public string? Downstream { get; init; }
}

/// <summary>A declared part of the dashboard.</summary>
public sealed class DashboardPart
{
    private readonly Func<IServiceProvider, CancellationToken, Task<Result<byte[]>>> _read;

    private DashboardPart(
        DashboardPartAttribute declared, Type value, Func<IServiceProvider, CancellationToken, Task<Result<byte[]>>> read)
    {
        if (declared.Share is not (> 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(declared), declared.Share, $"The share of {declared.Name} is not in 0 to 1.");

        (Name, Share, IsRequired, IsCacheable, Downstream) =
            (declared.Name, declared.Share, declared.IsRequired, declared.IsCacheable, declared.Downstream);
        (Value, _read) = (value, read);
    }

    public string Name { get; }

    /// <inheritdoc cref="DashboardPartAttribute.Share"/>
    public double Share { get; }

    /// <inheritdoc cref="DashboardPartAttribute.IsRequired"/>
    public bool IsRequired { get; }

    /// <inheritdoc cref="DashboardPartAttribute.IsCacheable"/>
    public bool IsCacheable { get; }

    /// <inheritdoc cref="DashboardPartAttribute.Downstream"/>
    public string? Downstream { get; }

    /// <summary>The type of the value.</summary>
    public Type Value { get; }

    /// <summary>Reads the part in a scope that belongs to this read only.</summary>
    /// <returns>The value as JSON, or why there is none.</returns>
    public Task<Result<byte[]>> Read(IServiceProvider scope, CancellationToken cancellationToken) => _read(scope, cancellationToken);

    internal static DashboardPart Of<TPart, T>()
        where TPart : class, IDashboardPart<T>
        where T : class => new(
            typeof(TPart).GetCustomAttribute<DashboardPartAttribute>()
                ?? throw new InvalidOperationException($"{typeof(TPart).Name} has no {nameof(DashboardPartAttribute)}."),
            typeof(T),
            async (scope, cancellationToken) =>
            {
                var result = await scope.GetRequiredService<TPart>().Read(cancellationToken);
                return result.Error is { } error
                    ? error
                    : JsonSerializer.SerializeToUtf8Bytes(result.Value, scope.GetRequiredService<AnswerJson>().Options);
            });
}

/// <summary>A service that this installation does not have, so that the dashboard leaves out its parts.</summary>
public sealed record MissingDownstream(string Name);

/// <summary>All parts of the dashboard, in the order of their names.</summary>
public sealed class DashboardParts(IEnumerable<DashboardPart> parts, IEnumerable<MissingDownstream> missing)
{
    public IReadOnlyList<DashboardPart> All { get; } =
    [
        .. parts.Where(part => missing.All(service => service.Name != part.Downstream)).OrderBy(part => part.Name, StringComparer.Ordinal),
    ];

    /// <summary>The parts that a list of names asks for; without a list all of them.</summary>
    /// <returns><c>null</c> when a name is unknown.</returns>
    internal IReadOnlyList<DashboardPart>? Find(string? include)
    {
        if (include is null)
            return All;

        var names = include.Split(',');
        return names.All(name => All.Any(part => part.Name == name))
            ? [.. All.Where(part => names.Contains(part.Name, StringComparer.Ordinal))]
            : null;
    }
}

/// <summary>Registers the parts of the dashboard.</summary>
public static class DashboardRegistration
{
    private static readonly MethodInfo AddPart =
        typeof(DashboardRegistration).GetMethod(nameof(AddDashboardPart), BindingFlags.Public | BindingFlags.Static)!;

    /// <summary>Adds all parts of this assembly.</summary>
    public static IServiceCollection AddDashboard(this IServiceCollection services, IEnumerable<Type> types)
    {
        foreach (var type in types)
        {
            foreach (var contract in type.GetInterfaces()
                .Where(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IDashboardPart<>)))
                AddPart.MakeGenericMethod(type, contract.GetGenericArguments()[0]).Invoke(null, [services]);
        }

        return services.AddSingleton<DashboardParts>().AddSingleton<CallerWrites>();
    }

    /// <summary>Adds a part of another assembly.</summary>
    public static IServiceCollection AddDashboardPart<TPart, T>(this IServiceCollection services)
        where TPart : class, IDashboardPart<T>
        where T : class => services.AddTransient<TPart>().AddSingleton(DashboardPart.Of<TPart, T>());
}
