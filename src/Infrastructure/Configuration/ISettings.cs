using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Portico.Infrastructure.Configuration;

/// <summary>One section of the configuration, validated when the program starts.</summary>
public interface ISettings
{
    /// <summary>The name of the section, such as <c>Tokens</c>.</summary>
    static abstract string Section { get; }

    /// <summary>The problems of the values besides their ranges, one sentence each with the full name of the setting.</summary>
    IEnumerable<string> Problems() => [];
}

/// <summary>Binds sections of the configuration and validates them at the start.</summary>
public static class SettingsRegistration
{
    /// <summary>Adds a section; an invalid value stops the program at the start.</summary>
    /// <exception cref="OptionsValidationException">At the start: a value is missing or invalid; the message names the setting.</exception>
    public static IServiceCollection AddSettings<TSettings>(this IServiceCollection services, IConfiguration configuration)
        where TSettings : class, ISettings
    {
        var section = configuration.GetSection(TSettings.Section);
        services.AddOptions<TSettings>()
            .Configure(_ => SettingsBinding.CheckForm(section, typeof(TSettings)))
            .Bind(section)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<TSettings>>(new Validator<TSettings>(section));
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<TSettings>>().Value);
        return services;
    }

    /// <summary>Whether a failure says that a value is not of the type of its setting; its message names the setting.</summary>
    public static bool IsWrongValue(Exception failure) =>
        failure is InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" };

    /// <summary>Reads a section for a program that has no host.</summary>
    /// <exception cref="OptionsValidationException">A value is missing or invalid; the message names the setting.</exception>
    /// <exception cref="InvalidOperationException">A value is of another type; see <see cref="IsWrongValue"/>.</exception>
    public static TSettings ReadSettings<TSettings>(this IConfiguration configuration)
        where TSettings : class, ISettings, new()
    {
        var settings = configuration.BindSettings<TSettings>();
        return settings.Validate().ToArray() is { Length: > 0 } problems
            ? throw new OptionsValidationException(TSettings.Section, typeof(TSettings), problems)
            : settings;
    }

    /// <summary>Reads a section for a program that uses some of its values, and validates these itself.</summary>
    /// <exception cref="OptionsValidationException">A value would have no effect, or is null; the message names the setting.</exception>
    /// <exception cref="InvalidOperationException">A value is of another type; see <see cref="IsWrongValue"/>.</exception>
    public static TSettings BindSettings<TSettings>(this IConfiguration configuration)
        where TSettings : class, ISettings, new()
    {
        var section = configuration.GetSection(TSettings.Section);
        SettingsBinding.CheckForm(section, typeof(TSettings));
        var settings = section.Get<TSettings>() ?? new TSettings();
        return SettingsBinding.Problems(section, settings).ToArray() is { Length: > 0 } problems
            ? throw new OptionsValidationException(TSettings.Section, typeof(TSettings), problems)
            : settings;
    }

    /// <summary>Reads a section that decides which services are registered.</summary>
    /// <returns>The values, or the defaults if a value is wrong: then the validation at the start stops the program.</returns>
    public static TSettings ReadSettingsOrDefaults<TSettings>(this IConfiguration configuration)
        where TSettings : class, ISettings, new()
    {
        try
        {
            return configuration.ReadSettings<TSettings>();
        }
        catch (Exception failure) when (failure is OptionsValidationException || IsWrongValue(failure))
        {
            return new TSettings();
        }
    }

    /// <summary>The problems of bound values, one sentence each with the full name of the setting.</summary>
    internal static IEnumerable<string> Validate<TSettings>(this TSettings settings)
        where TSettings : ISettings => [.. SettingsBinding.ProblemsOfRange(TSettings.Section, settings), .. settings.Problems()];

    private sealed class Validator<TSettings>(IConfigurationSection section) : IValidateOptions<TSettings>
        where TSettings : class, ISettings
    {
        public ValidateOptionsResult Validate(string? name, TSettings options) =>
            SettingsBinding.Problems(section, options).ToArray() is { Length: > 0 } unbound ? ValidateOptionsResult.Fail(unbound)
            : options.Validate().ToArray() is { Length: > 0 } problems ? ValidateOptionsResult.Fail(problems)
            : ValidateOptionsResult.Success;
    }
}
