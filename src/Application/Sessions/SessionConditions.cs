using FluentValidation;
using Portico.Application.Auth;

namespace Portico.Application.Sessions;

/// <summary>Which sessions are meant: those that meet all conditions that are given.</summary>
public abstract record SessionConditions
{
    public Guid? UserId { get; init; }

    /// <summary>Only sessions that were opened before this time.</summary>
    public DateTimeOffset? OpenedBefore { get; init; }

    /// <summary>Only sessions that were last used before this time.</summary>
    public DateTimeOffset? LastSeenBefore { get; init; }

    /// <summary>The IP address of the sign-in, or its beginning up to a dot or a colon, for example <c>203.0.113.</c>.</summary>
    public string? Ip { get; init; }

    /// <summary>A part of the user agent of the sign-in, in upper or lower case; 1 to 100 characters.</summary>
    public string? Device { get; init; }

    internal bool HasAny =>
        UserId is not null || OpenedBefore is not null || LastSeenBefore is not null || Ip is not null || Device is not null;

    /// <summary>Whether a session meets the conditions.</summary>
    public bool IsMetBy(Guid userId, LiveSession session) =>
        (UserId is null || UserId == userId)
        && (OpenedBefore is null || session.OpenedAt < OpenedBefore)
        && (LastSeenBefore is null || session.LastSeenAt < LastSeenBefore)
        && (Ip is null || IsAddress(Ip, session.IpAddress))
        && (Device is null || session.Device?.Contains(Device, StringComparison.OrdinalIgnoreCase) == true);

    // Without a dot or a colon at its end, 203.0.113.1 would also mean 203.0.113.10.
    private static bool IsAddress(string wanted, string? address) => wanted[^1] is '.' or ':'
        ? address?.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) == true
        : string.Equals(address, wanted, StringComparison.OrdinalIgnoreCase);
}

internal static class SessionConditionRules
{
    private const int MaxAddressLength = 45;
    private const int MaxDeviceLength = 100;

    /// <summary>Checks the conditions.</summary>
    public static void HasConditions<T>(this AbstractValidator<T> validator)
        where T : SessionConditions
    {
        validator.RuleFor(c => c.Ip).Must(ip => ip is null || IsText(ip, MaxAddressLength))
            .WithMessage($"Give 1 to {MaxAddressLength} characters of an IP address.");
        validator.RuleFor(c => c.Device).Must(device => device is null || IsText(device, MaxDeviceLength))
            .WithMessage($"Give 1 to {MaxDeviceLength} characters of a user agent.");
    }

    private static bool IsText(string text, int maxLength) => text.Length > 0 && text.Length <= maxLength && !text.Any(char.IsControl);
}
