using Microsoft.Extensions.Options;

namespace Portico.Orders.Configuration;

/// <summary>One section of the configuration, validated when the program starts.</summary>
internal interface ISettings
{
    /// <summary>The name of the section, such as <c>Tokens</c>.</summary>
    static abstract string Section { get; }

    /// <summary>The problems of the values, one sentence each with the full name of the setting; empty when all values are valid.</summary>
    IEnumerable<string> Problems();
}

/// <summary>Binds sections of the configuration and validates them at the start.</summary>
internal static class SettingsRegistration
{
    /// <summary>Adds a section; an invalid value stops the program at the start, with a message that names the setting.</summary>
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
