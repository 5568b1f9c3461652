extern alias orders;

using System.Reflection;
using Portico.Infrastructure.Configuration;

namespace Portico.ArchitectureTests;

/// <summary>The settings classes of Portico and of the orders service, which has its own copy of their interface.</summary>
internal static class SettingsClasses
{
    public static readonly Type[] OfPortico = Implementing(typeof(ISettings));

    public static readonly Type[] OfOrders = Implementing(typeof(orders::Portico.Infrastructure.Configuration.ISettings));

    public static string SectionOf(Type type) =>
        (string)type.GetProperty("Section", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    public static string[] ProblemsOf(object settings) =>
    [
        .. SettingsBinding.ProblemsOfRange(SectionOf(settings.GetType()), settings),
        .. settings is orders::Portico.Infrastructure.Configuration.ISettings ofOrders
            ? ofOrders.Problems()
            : ((ISettings)settings).Problems(),
    ];

    private static Type[] Implementing(Type kind) =>
        [.. Solution.Types.Where(type => type.IsClass && kind.IsAssignableFrom(type))];
}
