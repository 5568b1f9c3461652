using System.Collections.Concurrent;
using Portico.Domain.Common;

namespace Portico.Infrastructure.Events;

/// <summary>Finds the message name of an event whose type is known only at run time.</summary>
internal static class EventNames
{
    private static readonly ConcurrentDictionary<Type, string> Names = new();

    public static string Of(IDomainEvent domainEvent) => Of(domainEvent.GetType());

    public static string Of(Type eventType) => Names.GetOrAdd(eventType, static type =>
        (string)type.GetProperty(nameof(IDomainEvent.Name))!.GetValue(null)!);
}
