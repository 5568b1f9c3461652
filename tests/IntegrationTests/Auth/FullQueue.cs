using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common;
using Portico.Infrastructure.Passwords;

namespace Portico.IntegrationTests.Auth;

/// <summary>Takes no new hash while its queue is full.</summary>
internal sealed class FullQueue(IPasswordHashing inner) : IPasswordHashing
{
    public bool IsFull { get; set; }

    public static void Replace(IServiceCollection services) => services.AddSingleton<IPasswordHashing>(
        provider => new FullQueue(provider.GetRequiredService<PasswordHashing>()));

    public async Task<string> Hash(string password, CancellationToken cancellationToken)
    {
        using var place = Reserve();
        return await place.Hash(password, cancellationToken);
    }

    public IPasswordPlace Reserve() => IsFull ? throw new DependencyUnavailableException("Password hashing") : inner.Reserve();

    public Task<PasswordMatch> Verify(string? hash, string password, CancellationToken cancellationToken) =>
        inner.Verify(hash, password, cancellationToken);
}
