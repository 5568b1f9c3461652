using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portico.Application.Auth;
using Portico.Application.Common.Records;
using Portico.Application.Users;
using Portico.Domain.Users;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Postgres;

namespace Portico.Infrastructure.Users;

internal static class UserRegistration
{
    public static IServiceCollection AddUsers(this IServiceCollection services, IConfiguration configuration) => services
        .AddSettings<UserSettings>(configuration)
        .AddSingleton(new UniqueKey(UserConfiguration.EmailKey, UserErrors.AlreadyRegistered))
        .AddSingleton(new UniqueKey(UserConfiguration.PhoneKey, UserErrors.AlreadyRegistered))
        // Another flow of the same person was faster: the transaction reads what it did.
        .AddSingleton(new UniqueKey(ExternalLoginConfiguration.IdentityKey, Error: null))
        .AddSingleton(new UniqueKey(ExternalLoginConfiguration.UserKey, Error: null))
        .AddSingleton(new UniqueKey(TelegramChatConfiguration.ChatKey, Error: null))
        .AddSingleton(new UniqueKey(TelegramChatConfiguration.UserKey, Error: null))
        .AddSingleton(new UniqueKey(UserConfiguration.LastAdministrator, UserErrors.LastAdministrator))
        .AddScoped<IRecordLimits, RecordLimits>()
        .AddScoped<IUserSearch, UserSearch>()
        .AddScoped<IAddressRelease, AddressRelease>();
}
