namespace Portico.WebApi.OpenApi;

/// <summary>Names the use case of an action without such a parameter, so that the document can say who may call it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public abstract class UseCaseAttribute(Type useCase) : Attribute
{
    public Type UseCase { get; } = useCase;
}

/// <inheritdoc/>
public sealed class UseCaseAttribute<TUseCase>() : UseCaseAttribute(typeof(TUseCase));

/// <summary>The error statuses of an action that do not follow from its parameters and its access.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ProducesErrorsAttribute(params int[] statuses) : Attribute
{
    public IReadOnlyList<int> Statuses { get; } = statuses;
}
