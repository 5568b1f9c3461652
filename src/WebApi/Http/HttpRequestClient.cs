using System.Net;
using Microsoft.Net.Http.Headers;
using Portico.Application.Common.Security;
using Portico.Domain.Users;

namespace Portico.WebApi.Http;

/// <summary>The client of the current request.</summary>
internal sealed class HttpRequestClient(IHttpContextAccessor accessor) : IClient
{
    private const int MaxUserAgentLength = 256;
    private const int MaxLanguages = 16;

    public IPAddress? IpAddress => accessor.HttpContext?.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped
        ? mapped.MapToIPv4()
        : accessor.HttpContext?.Connection.RemoteIpAddress;

    public string? UserAgent => accessor.HttpContext?.Request.Headers.UserAgent.ToString() is { Length: > 0 } agent
        ? agent[..Math.Min(agent.Length, MaxUserAgentLength)]
        : null;

    public string Locale => accessor.HttpContext is { } context &&
        StringWithQualityHeaderValue.TryParseList(context.Request.Headers.AcceptLanguage, out var languages)
            ? languages.Take(MaxLanguages).OrderByDescending(language => language.Quality ?? 1)
                .Select(language => language.Value.ToString())
                .FirstOrDefault(LanguageTag.IsValid) ?? LanguageTag.Default
            : LanguageTag.Default;
}
