using Portico.Application.Common.Messaging;

namespace Portico.WebApi.OpenApi;

/// <summary>Names the use case of an action without such a parameter, so that the document can say who may call it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class UseCaseAttribute(Type useCase) : Attribute
{
    public Type UseCase { get; } = useCase;

    /// <summary>The use case that an action sends, by its attributes or its parameters; <c>null</c> for an action without one.</summary>
    internal static Type? Find(IEnumerable<object> attributes, IEnumerable<Type> parameters) =>
        attributes.OfType<UseCaseAttribute>().SingleOrDefault()?.UseCase ?? parameters.SingleOrDefault(IsUseCase);

    private static bool IsUseCase(Type type) =>
        type.GetInterfaces().Any(contract => contract.IsGenericType && contract.GetGenericTypeDefinition() == typeof(IUseCase<>));
}

/// <inheritdoc/>
public sealed class UseCaseAttribute<TUseCase>() : UseCaseAttribute(typeof(TUseCase));

/// <summary>The error statuses of an action that do not follow from its parameters and its access.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProducesErrorsAttribute(params int[] statuses) : Attribute
{
    public IReadOnlyList<int> Statuses { get; } = statuses;
}
