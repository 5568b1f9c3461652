using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Portico.Infrastructure.Configuration;

/// <summary>One section of the configuration, checked before the program serves anything.</summary>
public interface ISettings
{
    /// <summary>The name of the section, such as <c>Tokens</c>.</summary>
    static abstract string Section { get; }

    /// <summary>What is wrong with the values, a sentence each that names the setting in full; empty when all is well.</summary>
    IEnumerable<string> Problems();
}

/// <summary>Binds sections so that a wrong value stops the program at its start.</summary>
public static class SettingsRegistration
{
    /// <exception cref="OptionsValidationException">At start: a value is missing or wrong; the message names it.</exception>
    public static IServiceCollection AddSettings<TSettings>(this IServiceCollection services, IConfiguration configuration)
        where TSettings : class, ISettings
    {
        services.AddOptions<TSettings>().Bind(configuration.GetSection(TSettings.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TSettings>, Validator<TSettings>>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<TSettings>>().Value);
        return services;
    }

    private sealed class Validator<TSettings> : IValidateOptions<TSettings>
        where TSettings : class, ISettings
    {
        public ValidateOptionsResult Validate(string? name, TSettings options) => options.Problems().ToArray() is { Length: > 0 } problems
            ? ValidateOptionsResult.Fail(problems)
            : ValidateOptionsResult.Success;
    }
}
