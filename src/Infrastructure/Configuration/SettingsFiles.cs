namespace Portico.Infrastructure.Configuration;

/// <summary>How hosts read <c>appsettings.json</c>.</summary>
public static class SettingsFiles
{
    /// <summary>The first argument of each host, so that nothing watches files: settings do not change after the start.</summary>
    public const string Unwatched = "--hostBuilder:reloadConfigOnChange=false";
}
