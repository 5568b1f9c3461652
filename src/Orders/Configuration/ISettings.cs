using Microsoft.Extensions.Options;
using Portico.Infrastructure.Configuration;

namespace Portico.Orders.Configuration;

/// <summary>One section of the configuration, validated when the program starts.</summary>
internal interface ISettings
{
    /// <summary>The name of the section, such as <c>Tokens</c>.</summary>
    static abstract string Section { get; }

    /// <summary>The problems of the values besides their ranges, one sentence each with the full name of the setting.</summary>
    IEnumerable<string> Problems() => [];
}

/// <summary>Binds sections of the configuration and validates them at the start.</summary>
internal static class SettingsRegistration
{
    /// <summary>Adds a section; an invalid value stops the program at the start, with a message that names the setting.</summary>
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

    /// <summary>Reads a section that decides which services are registered.</summary>
    /// <returns>The values, or the defaults if a value is wrong: then the validation at the start stops the program.</returns>
    public static TSettings ReadSettingsOrDefaults<TSettings>(this IConfiguration configuration)
        where TSettings : class, ISettings, new()
    {
        var section = configuration.GetSection(TSettings.Section);
        try
        {
            SettingsBinding.CheckForm(section, typeof(TSettings));
            return section.Get<TSettings>() is { } settings && ProblemsOf(section, settings).Length == 0 ? settings : new TSettings();
        }
        catch (Exception failure) when (failure is OptionsValidationException || IsWrongValue(failure))
        {
            return new TSettings();
        }
    }

    private static string[] ProblemsOf(IConfigurationSection section, ISettings settings) =>
        SettingsBinding.Problems(section, settings).ToArray() is { Length: > 0 } problems
            ? problems
            : [.. SettingsBinding.ProblemsOfRange(section.Path, settings), .. settings.Problems()];

    private sealed class Validator<TSettings>(IConfigurationSection section) : IValidateOptions<TSettings>
        where TSettings : class, ISettings
    {
        public ValidateOptionsResult Validate(string? name, TSettings options) =>
            ProblemsOf(section, options) is { Length: > 0 } problems ? ValidateOptionsResult.Fail(problems) : ValidateOptionsResult.Success;
    }
}
