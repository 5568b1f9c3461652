namespace Portico.Application.Common.Security;

/// <summary>A provider that is configured, such as Google.</summary>
/// <param name="Name">The name in URLs, such as <c>google</c>.</param>
/// <param name="DisplayName">The name for people.</param>
public sealed record LoginProvider(string Name, string DisplayName);

/// <summary>The providers that are configured, and what a sign-in with them may do.</summary>
public interface ILoginProviders
{
    IReadOnlyList<LoginProvider> All { get; }

    /// <summary>How long a person may take at the provider.</summary>
    TimeSpan FlowLifetime { get; }

    /// <summary>How long the code is valid with which the browser comes back to the frontend.</summary>
    TimeSpan CodeLifetime { get; }

    /// <summary>Whether a sign-in may end at this URL; compared as text.</summary>
    bool MayReturnTo(string url);

    /// <summary>Whether a page at this URL sends the cookies of this API: it has the same origin.</summary>
    bool SharesCookiesWith(string url);

    /// <summary>The public URL of a path of this API.</summary>
    Uri UrlOf(string path);

    /// <summary>The name for people of a provider, also of one that is no longer configured.</summary>
    string DisplayNameOf(string name);
}

internal static class LoginProviders
{
    public static LoginProvider? Find(this ILoginProviders providers, string name) =>
        providers.All.FirstOrDefault(provider => provider.Name == name);
}
