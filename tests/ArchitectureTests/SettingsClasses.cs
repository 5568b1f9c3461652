using System.Reflection;

namespace Portico.ArchitectureTests;

/// <summary>The settings classes of Portico and of the orders service, which has its own interface for them.</summary>
internal static class SettingsClasses
{
    public static readonly Type[] OfPortico = Implementing(typeof(Infrastructure.Configuration.ISettings));

    public static readonly Type[] OfOrders = Implementing(typeof(Orders.Configuration.ISettings));

    // The file is part of both assemblies, so its name does not say which one is meant.
    private static readonly Type Binding = typeof(Infrastructure.Configuration.ISettings).Assembly
        .GetType("Portico.Infrastructure.Configuration.SettingsBinding", throwOnError: true)!;

    public static string SectionOf(Type type) =>
        (string)type.GetProperty("Section", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    public static string[] ProblemsOf(object settings)
    {
        var ranges = (IEnumerable<string>)Binding.GetMethod("ProblemsOfRange")!.Invoke(null, [SectionOf(settings.GetType()), settings])!;
        return
        [
            .. ranges,
            .. settings is Orders.Configuration.ISettings ofOrders
                ? ofOrders.Problems()
                : ((Infrastructure.Configuration.ISettings)settings).Problems(),
        ];
    }

    private static Type[] Implementing(Type kind) =>
        [.. Solution.Types.Where(type => type.IsClass && kind.IsAssignableFrom(type))];
}
