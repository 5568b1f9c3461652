using System.Collections.Frozen;
using AutoMapper;
using FluentValidation;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Portico.Application.Common.Messaging;
using Portico.Application.Common.Persistence;
using Portico.Application.Common.Security;
using Portico.Domain.Common;
using Portico.Domain.Users;

namespace Portico.Application.Users;

/// <summary>Changes the caller's own name, language, time zone or way of codes; missing fields stay unchanged.</summary>
/// <example>{"displayName":"Ada King","locale":"en","timeZone":"Europe/Berlin","codeChannel":"address"}</example>
[Authenticated]
public sealed record ChangeProfile : ICommand<UserDto>
{
    public string? DisplayName { get; init; }
    public string? Locale { get; init; }

    /// <summary>A name of the IANA time zone database, such as Europe/Berlin.</summary>
    public string? TimeZone { get; init; }

    /// <summary>How codes to sign in and to set a new password reach the user; a way that the user does not have is the address.</summary>
    public CodeChannel? CodeChannel { get; init; }
}

internal sealed class ChangeProfileValidator : AbstractValidator<ChangeProfile>
{
    // The database comes with the program, not from the system.
    private static readonly FrozenSet<string> TimeZones = DateTimeZoneProviders.Tzdb.Ids.ToFrozenSet(StringComparer.Ordinal);

    public ChangeProfileValidator()
    {
        RuleFor(c => c.DisplayName).IsDisplayName();
        RuleFor(c => c.Locale).IsLocale();
        RuleFor(c => c.TimeZone).Must(name => name is null || TimeZones.Contains(name))
            .WithMessage("Give a name of the IANA time zone database, such as Europe/Berlin.");
        RuleFor(c => c.CodeChannel).IsInEnum();
    }
}

internal sealed class ChangeProfileHandler(IAppDbContext db, ICurrentUser caller, IMapper mapper) : ICommandHandler<ChangeProfile, UserDto>
{
    public async Task<Result<UserDto>> Handle(ChangeProfile command, CancellationToken cancellationToken)
    {
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == caller.Id, cancellationToken) is not { } user)
            return UserErrors.NotFound;

        user.ChangeProfile(command.DisplayName?.Trim(), command.Locale);
        if (command.TimeZone is { } timeZone)
            user.ChangeTimeZone(timeZone);
        if (command.CodeChannel is { } channel)
            user.ChooseCodeChannel(channel);
        return mapper.Map<UserDto>(user);
    }
}
