using System.Reflection;
using System.Runtime.CompilerServices;
using Portico.Application;
using Portico.Application.Common.Messaging;
using Portico.Domain.Common;
using Portico.Infrastructure;

namespace Portico.ArchitectureTests;

/// <summary>The assemblies and sources that the rules are about.</summary>
internal static class Solution
{
    // Grpc.Tools writes what is in it.
    private const string OfProto = "Portico.Auth.V1";

    public static readonly Assembly Domain = typeof(Entity).Assembly;
    public static readonly Assembly Application = typeof(ApplicationRegistration).Assembly;
    public static readonly Assembly Infrastructure = typeof(InfrastructureRegistration).Assembly;
    public static readonly Assembly WebApi = Assembly.Load("Portico.WebApi");
    public static readonly Assembly Migrator = Assembly.Load("Portico.Migrator");
    public static readonly Assembly Seeder = Assembly.Load("Portico.Seeder");

    public static readonly Assembly Orders = Assembly.Load("Portico.Orders");

    public static readonly Assembly[] All = [Domain, Application, Infrastructure, WebApi, Migrator, Seeder, Orders];

    /// <summary>Every type that a person wrote.</summary>
    public static readonly Type[] Types = [.. All.SelectMany(TypesOf)];

    public static readonly Type[] UseCases =
        [.. TypesOf(Application).Where(type => type is { IsAbstract: false } && IsClosed(type, typeof(IUseCase<>)))];

    /// <summary>The folder of the checkout.</summary>
    public static readonly string Root = FindRoot();

    public static IEnumerable<Type> TypesOf(Assembly assembly) => assembly.GetTypes().Where(type =>
        type.Namespace?.StartsWith("Portico", StringComparison.Ordinal) == true
        && type.Namespace != OfProto
        && !type.FullName!.Contains('<', StringComparison.Ordinal)
        && !type.IsDefined(typeof(CompilerGeneratedAttribute)));

    /// <summary>Whether a type implements or extends the open generic type.</summary>
    public static bool IsClosed(Type type, Type open) => Closed(type, open) is not null;

    public static Type? Closed(Type type, Type open)
    {
        var bases = new List<Type>();
        for (var ancestor = type; ancestor is not null; ancestor = ancestor.BaseType)
            bases.Add(ancestor);
        return bases.Concat(type.GetInterfaces())
            .FirstOrDefault(candidate => candidate.IsGenericType && candidate.GetGenericTypeDefinition() == open);
    }

    public static string Folder(string project) => Path.Combine(Root, "src", project);

    public static IEnumerable<string> Sources(string project) => Directory
        .EnumerateFiles(Folder(project), "*.cs", SearchOption.AllDirectories)
        .Where(file => Path.GetRelativePath(Folder(project), file).Split(Path.DirectorySeparatorChar)[0] != "obj");

    /// <summary>The C# and Markdown files of folders, and single files, of the checkout.</summary>
    public static IEnumerable<string> TextFiles(params string[] places) =>
        from place in places
        let path = Path.Combine(Root, place)
        from file in File.Exists(path) ? [path] : Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
        where Path.GetExtension(file) is ".cs" or ".md"
        where !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj" or "node_modules")
        select file;

    /// <summary>Fails with the names of those that break a rule.</summary>
    public static void AssertNone(IEnumerable<string> offenders) => Assert.Equal([], offenders.Order(StringComparer.Ordinal));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Portico.slnx")))
            folder = folder.Parent ?? throw new InvalidOperationException("The tests do not run inside the repository.");
        return folder.FullName;
    }
}
