using System.Reflection;

namespace Portico.ArchitectureTests;

/// <summary>A type of the solution uses another one: in its declaration, in a signature, or in a method body.</summary>
internal sealed record TypeDependency(Type From, Type To);

/// <summary>Reads from metadata and IL which types use which.</summary>
/// <remarks>A constant leaves no trace in IL, and neither does <c>nameof</c>.</remarks>
internal static class TypeDependencies
{
    private const BindingFlags Declared =
        BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>The dependencies between the types of an assembly; a nested or generated type counts as the type around it.</summary>
    public static IEnumerable<TypeDependency> Of(Assembly assembly) =>
        from type in assembly.GetTypes()
        from used in UsedBy(type).SelectMany(Parts)
        let to = Outermost(used)
        let @from = Outermost(type)
        where to.Assembly == assembly && to != @from
        select new TypeDependency(@from, to);

    private static IEnumerable<Type?> UsedBy(Type type) =>
    [
        type.BaseType,
        .. type.GetInterfaces(),
        .. AttributesOf(type),
        .. type.GetGenericArguments()
        .SelectMany(argument => argument.IsGenericParameter ? argument.GetGenericParameterConstraints() : [argument]),
        .. type.GetFields(Declared).Select(field => field.FieldType),
        .. type.GetProperties(Declared).SelectMany(property => (IEnumerable<Type>)[property.PropertyType, .. AttributesOf(property)]),
        .. type.GetMethods(Declared).SelectMany(UsedBy),
        .. type.GetConstructors(Declared).SelectMany(UsedBy),
    ];

    private static IEnumerable<Type?> UsedBy(MethodBase method) =>
    [
        .. AttributesOf(method),
        .. method.GetParameters().Select(parameter => parameter.ParameterType),
        (method as MethodInfo)?.ReturnType,
        .. method.GetMethodBody()?.LocalVariables.Select(variable => variable.LocalType) ?? [],
        .. Calls.MembersOf(method).SelectMany(member => (IEnumerable<Type?>)
        [
            member as Type ?? member.DeclaringType,
            .. member is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : [],
        ]),
    ];

    private static IEnumerable<Type> AttributesOf(MemberInfo member) => member.CustomAttributes.SelectMany(attribute => (IEnumerable<Type>)
    [
        attribute.AttributeType,
        .. attribute.ConstructorArguments.Select(argument => argument.Value).OfType<Type>(),
    ]);

    private static IEnumerable<Type> Parts(Type? type)
    {
        if (type is null || type.IsGenericParameter)
            return [];
        if (type.HasElementType)
            return Parts(type.GetElementType());
        return type.IsGenericType ? [type.GetGenericTypeDefinition(), .. type.GetGenericArguments().SelectMany(Parts)] : [type];
    }

    private static Type Outermost(Type type)
    {
        while (type.DeclaringType is { } around)
            type = around;
        return type;
    }
}
