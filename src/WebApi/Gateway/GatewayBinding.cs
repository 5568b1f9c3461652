using Microsoft.Extensions.Options;

namespace Portico.WebApi.Gateway;

/// <summary>Refuses settings of services that can't be read.</summary>
/// <remarks>
/// The binder leaves out an entry of a dictionary without a word when one of its values is wrong, and ignores a name that it does not
/// know: a misspelt <c>Permission</c> would open the service to every user.
/// </remarks>
internal sealed class GatewayBinding(IConfiguration configuration) : IValidateOptions<GatewaySettings>
{
    private static readonly HashSet<string> Known =
        typeof(GatewayRoute).GetProperties().Select(property => property.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);

    public ValidateOptionsResult Validate(string? name, GatewaySettings options) =>
        configuration.GetSection($"{GatewaySettings.Section}:{nameof(GatewaySettings.Routes)}").GetChildren().SelectMany(Problems).ToArray()
            is { Length: > 0 } problems
            ? ValidateOptionsResult.Fail(problems)
            : ValidateOptionsResult.Success;

    private static IEnumerable<string> Problems(IConfigurationSection route)
    {
        var settings = route.GetChildren().ToArray();
        if (settings.Length == 0)
            return [$"{route.Path} must have settings, such as {route.Path}:{nameof(GatewayRoute.Address)}."];
        if (Array.Find(settings, setting => !Known.Contains(setting.Key)) is { } unknown)
            return [$"{unknown.Path} is no setting of a service; there are {string.Join(", ", Known.Order(StringComparer.Ordinal))}."];
        try
        {
            route.Get<GatewayRoute>();
            return [];
        }
        catch (InvalidOperationException failure)
        {
            // It names the setting.
            return [failure.Message];
        }
    }
}
