using System.Collections;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Portico.Infrastructure.Configuration;

/// <summary>Finds values that the binder of the platform leaves out, so that they would have no effect.</summary>
/// <remarks>
/// The binder leaves out an entry of a list that it can't convert, a text in the place of a list or of an object, and most objects in the
/// place of a text. The <c>null</c> of a JSON file reaches properties that are never null.
/// </remarks>
internal static class SettingsBinding
{
    /// <summary>Refuses values of another form than their settings.</summary>
    /// <remarks>Ask before the values are bound, because the binder throws for some of them without the name.</remarks>
    /// <param name="section">What is written. A text in its place is ignored: it may be an environment variable such as MAIL.</param>
    /// <param name="type">The type that it will be bound to.</param>
    /// <exception cref="OptionsValidationException">The message names each of these settings in a sentence.</exception>
    public static void CheckForm(IConfigurationSection section, Type type)
    {
        if (ProblemsOfForm(section, type).ToArray() is { Length: > 0 } problems)
            throw new OptionsValidationException(section.Path, type, problems);
    }

    private static IEnumerable<string> ProblemsOfForm(IConfigurationSection section, Type type)
    {
        foreach (var property in type.GetProperties().Where(property => property.CanWrite))
        {
            var written = section.GetSection(property.Name);
            if (IsSettings(property.PropertyType))
            {
                if (written.Value is { Length: > 0 })
                    yield return $"{written.Path} must have settings of its own; it is a text.";
                foreach (var problem in ProblemsOfForm(written, property.PropertyType))
                    yield return problem;
            }
            else if (property.PropertyType.IsArray)
            {
                foreach (var entry in written.GetChildren().Where(entry => entry.Value is null && !entry.GetChildren().Any()))
                    yield return NullAt(entry);
            }
            else if (IsOneValue(property.PropertyType) && written.GetChildren().FirstOrDefault() is { } child)
            {
                yield return $"{written.Path} must be one value; it has settings such as {child.Path}.";
            }
        }
    }

    /// <summary>The problems of a section, one sentence each with the full name of the setting.</summary>
    /// <param name="section">What is written.</param>
    /// <param name="settings">What was bound.</param>
    public static IEnumerable<string> Problems(IConfigurationSection section, object settings)
    {
        var nullability = new NullabilityInfoContext();
        return Values(prefix: "", settings).SelectMany(setting => setting.Value switch
        {
            null => nullability.Create(setting.Property).WriteState == NullabilityState.NotNull
                ? [NullAt(section.GetSection(setting.Name))]
                : [],
            Array bound => ProblemsOfList(section.GetSection(setting.Name), bound.GetType().GetElementType()!),
            _ => [],
        });
    }

    /// <summary>The values outside of their <see cref="RangeAttribute"/>, and numbers that their enum does not have.</summary>
    /// <param name="path">The full name of the section.</param>
    /// <param name="settings">What was bound.</param>
    public static IEnumerable<string> ProblemsOfRange(string path, object settings)
    {
        foreach (var (name, property, value) in Values($"{path}:", settings))
        {
            if (property.GetCustomAttribute<RangeAttribute>() is { } range && !range.IsValid(value))
                yield return FormattableString.Invariant($"{name} must be {range.Minimum} to {range.Maximum}; it is {value}.");
            if (value is Enum && !Enum.IsDefined(property.PropertyType, value))
                yield return $"{name} must be one of {string.Join(", ", Enum.GetNames(property.PropertyType))}; it is {value}.";
        }
    }

    /// <summary>All settings with their bound values, those of nested settings and of dictionaries of settings too.</summary>
    private static IEnumerable<(string Name, PropertyInfo Property, object? Value)> Values(string prefix, object settings)
    {
        foreach (var property in settings.GetType().GetProperties().Where(property => property.CanWrite))
        {
            var (name, value) = ($"{prefix}{property.Name}", property.GetValue(settings));
            yield return (name, property, value);
            var nested = value switch
            {
                IDictionary entries => entries.Keys.Cast<object>().SelectMany(
                    key => entries[key] is { } entry && IsSettings(entry.GetType()) ? Values($"{name}:{key}:", entry) : []),
                not null when IsSettings(value.GetType()) => Values($"{name}:", value),
                _ => [],
            };
            foreach (var setting in nested)
                yield return setting;
        }
    }

    private static IEnumerable<string> ProblemsOfList(IConfigurationSection written, Type element)
    {
        if (written.Value is { Length: > 0 })
            yield return $"{written.Path} is a list: the first entry is {written.Path}:0.";
        foreach (var entry in written.GetChildren())
        {
            if (ProblemOfEntry(entry, element) is { } problem)
                yield return problem;
        }
    }

    private static string? ProblemOfEntry(IConfigurationSection entry, Type element)
    {
        try
        {
            return entry.Get(element) is null ? NullAt(entry) : null;
        }
        catch (InvalidOperationException failure)
        {
            // It names the setting.
            return failure.Message;
        }
    }

    private static string NullAt(IConfigurationSection written) => $"{written.Path} must have a value; it is null.";

    private static bool IsSettings(Type type) => type is { IsClass: true, IsArray: false, Namespace: { } name }
        && name.StartsWith("Portico.", StringComparison.Ordinal);

    private static bool IsOneValue(Type type) => type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type);
}
