namespace Portico.Domain.Users;

/// <summary>How a code reaches a user.</summary>
public enum CodeChannel
{
    /// <summary>To the address that the request names: an e-mail or a text message.</summary>
    Address = 1,

    /// <summary>To the e-mail address of the user.</summary>
    Email = 2,

    /// <summary>To the phone number of the user, as a text message.</summary>
    Sms = 3,

    /// <summary>To the Telegram chat that the user has linked.</summary>
    Telegram = 4,
}
