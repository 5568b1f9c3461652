using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace Portico.Domain.Users;

/// <summary>The kind of a contact address.</summary>
public enum ContactKind
{
    Email = 1,
    Phone = 2,
}

/// <summary>A normalised contact address, which the user proves with a code and signs in with.</summary>
/// <remarks>
/// E-mail: at most 254 characters (RFC 5321), lower case, an international domain as punycode (UTS 46), an ASCII local part.
/// Phone: E.164, a plus and 8 to 15 digits. Two spellings of one address are equal.
/// </remarks>
public sealed partial record ContactAddress
{
    public const int MaxEmailLength = 254;
    public const int MaxPhoneLength = 16;
    private const int MaxLocalPartLength = 64;

    private ContactAddress(ContactKind kind, string value) => (Kind, Value) = (kind, value);

    public ContactKind Kind { get; }

    /// <summary>The full address; personal data that must not be logged.</summary>
    public string Value { get; }

    public static bool TryParseEmail([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ContactAddress? address)
    {
        address = null;
        var at = text?.LastIndexOf('@') ?? -1;
        if (text is null || text.Length > MaxEmailLength || at is < 1 or > MaxLocalPartLength)
            return false;

        // Checked before lowercasing, which turns a few other characters, such as the Kelvin sign, into ASCII letters.
        if (!Ascii.IsValid(text.AsSpan(0, at)))
            return false;

        var local = text[..at].ToLowerInvariant();
        if (!LocalPart().IsMatch(local) || !DomainName.TryNormalise(text[(at + 1)..], out var domain))
            return false;

        var value = $"{local}@{domain}";
        address = value.Length <= MaxEmailLength ? new ContactAddress(ContactKind.Email, value) : null;
        return address is not null;
    }

    public static bool TryParsePhone([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ContactAddress? address)
    {
        address = text is not null && E164().IsMatch(text) ? new ContactAddress(ContactKind.Phone, text) : null;
        return address is not null;
    }

    /// <summary>
    /// Whether a text is this address in any spelling, its local part or its digits: the first guesses of a person who knows the address.
    /// </summary>
    public bool IsTheSameAs(string text) => Kind == ContactKind.Email
        ? string.Equals(text, Value[..Value.LastIndexOf('@')], StringComparison.OrdinalIgnoreCase)
            || (TryParseEmail(text, out var email) && email == this)
        : text.TrimStart('+') == Value[1..];

    /// <summary>The address with a hidden middle part, safe for logs.</summary>
    public override string ToString() => Kind == ContactKind.Email
        ? $"{Value[0]}***{Value[Value.LastIndexOf('@')..]}"
        : $"{Value[..3]}***{Value[^2..]}";

    [GeneratedRegex(@"^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*\z", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex LocalPart();

    [GeneratedRegex(@"^\+[1-9][0-9]{7,14}\z", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex E164();
}
