using Portico.Application.Common.Messaging;
using Portico.Application.Common.Paging;
using Portico.Application.Common.Security;
using Portico.Domain.Common;

namespace Portico.Application.Auth;

/// <summary>Lists the providers that are configured.</summary>
[Anonymous]
public sealed record ListLoginProviders : IQuery<Page<LoginProviderDto>>;

/// <summary>A provider with which users can sign in.</summary>
/// <remarks>Open <c>startUrl</c> in the browser, with a <c>returnUrl</c> that the operator has allowed.</remarks>
/// <example>{"name":"google","displayName":"Google","startUrl":"https://api.example.com/api/v1/auth/oauth/google/start"}</example>
public sealed record LoginProviderDto(string Name, string DisplayName, string StartUrl);

internal sealed class ListLoginProvidersHandler(ILoginProviders providers)
    : IQueryHandler<ListLoginProviders, Page<LoginProviderDto>>
{
    public Task<Result<Page<LoginProviderDto>>> Handle(ListLoginProviders query, CancellationToken cancellationToken) =>
        Task.FromResult<Result<Page<LoginProviderDto>>>(
            new Page<LoginProviderDto>([.. providers.All.Select(Describe)], NextCursor: null));

    private LoginProviderDto Describe(LoginProvider provider) =>
        new(provider.Name, provider.DisplayName, providers.UrlOf($"/api/v1/auth/oauth/{provider.Name}/start").AbsoluteUri);
}
