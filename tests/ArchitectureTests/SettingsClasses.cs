using System.Reflection;

namespace Portico.ArchitectureTests;

/// <summary>The settings classes of Portico and of the orders service, which has its own interface for them.</summary>
internal static class SettingsClasses
{
    public static readonly Type[] OfPortico = Implementing(typeof(Infrastructure.Configuration.ISettings));

    public static readonly Type[] OfOrders = Implementing(typeof(Orders.Configuration.ISettings));

    public static string SectionOf(Type type) =>
        (string)type.GetProperty("Section", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    public static string[] ProblemsOf(object settings) =>
        [.. settings is Orders.Configuration.ISettings ofOrders ? ofOrders.Problems() : ((Infrastructure.Configuration.ISettings)settings).Problems()];

    private static Type[] Implementing(Type kind) =>
        [.. Solution.Types.Where(type => type.IsClass && kind.IsAssignableFrom(type))];
}
