using FsCheck;
using FsCheck.Fluent;
using Portico.Domain.Users;

namespace Portico.Domain.UnitTests.Users;

public sealed class ContactAddressTests
{
    private static readonly Gen<string> Local = Text("abcXYZ019!#$%&'*+/=?^_`{|}~-", 1, 30);
    private static readonly Gen<string> Label = Text("abcXYZ019\u043C\u041C\u044F\u042F\u00FC\u00DC\u4F8B", 1, 12);

    private static readonly Gen<string> Email =
        Gen.Zip(Local, Gen.ListOf(Label, 2)).Select(parts => $"{parts.Item1}@{string.Join('.', parts.Item2)}.com");

    private static readonly Gen<string> Phone = Text("0123456789", 7, 14).Select(digits => $"+4{digits}");

    [Theory]
    [InlineData("ada@example.com", "ada@example.com")]
    [InlineData("Ada.Lovelace+Work@Example.COM", "ada.lovelace+work@example.com")]
    [InlineData("o'hara@sub.example.co.uk", "o'hara@sub.example.co.uk")]
    [InlineData("a@b.io", "a@b.io")]
    [InlineData("!#$%&'*+/=?^_`{|}~-@example.com", "!#$%&'*+/=?^_`{|}~-@example.com")]
    [InlineData("ivan@\u043F\u0440\u0438\u043C\u0435\u0440.\u0440\u0444", "ivan@xn--e1afmkfd.xn--p1ai")]
    [InlineData("ivan@\u041F\u0420\u0418\u041C\u0415\u0420.\u0420\u0424", "ivan@xn--e1afmkfd.xn--p1ai")]
    [InlineData("ivan@XN--E1AFMKFD.xn--P1ai", "ivan@xn--e1afmkfd.xn--p1ai")]
    [InlineData("jo@b\u00FCcher.example", "jo@xn--bcher-kva.example")]
    [InlineData("jo@B\u00DCCHER.example", "jo@xn--bcher-kva.example")]
    [InlineData("jo@bu\u0308cher.example", "jo@xn--bcher-kva.example")]
    [InlineData("jo@\uFF42u\u0308cher.example", "jo@xn--bcher-kva.example")]
    [InlineData("jo@\u30AB\u3099.example", "jo@xn--mck.example")]
    [InlineData("jo@\uFF76\uFF9E.example", "jo@xn--mck.example")]
    [InlineData("jo@\uFF45\uFF58\uFF41\uFF4D\uFF50\uFF4C\uFF45.org", "jo@example.org")]
    [InlineData("jo@\uFF25xample\uFF0E\uFF4Frg", "jo@example.org")]
    [InlineData("jo@example\u3002org", "jo@example.org")]
    [InlineData("jo@example\uFF61org.", "jo@example.org")]
    [InlineData("jo@example.org.", "jo@example.org")]
    [InlineData("jo@\u2115ame.example", "jo@name.example")]
    [InlineData("jo@e\uFB03cient.example", "jo@efficient.example")]
    [InlineData("jo@\u212Aelvin.example", "jo@kelvin.example")]
    [InlineData("jo@stra\u00DFe.example", "jo@xn--strae-oqa.example")]
    [InlineData("jo@STRA\u1E9EE.example", "jo@xn--strae-oqa.example")]
    [InlineData("jo@strasse.example", "jo@strasse.example")]
    [InlineData("jo@\u03B2\u03CC\u03BB\u03BF\u03C2.example", "jo@xn--nxasmm1c.example")]
    [InlineData("jo@\u0939\u093F\u0928\u094D\u0926\u0940.example", "jo@xn--j2bd4cyah0f.example")]
    public void Normalises_an_email_address(string text, string expected)
    {
        Assert.True(ContactAddress.TryParseEmail(text, out var address));

        Assert.Equal((ContactKind.Email, expected), (address.Kind, address.Value));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("ada")]
    [InlineData("@example.com")]
    [InlineData("ada@")]
    [InlineData("ada@localhost")]
    [InlineData("ada@example")]
    [InlineData("ada@127.0.0.1")]
    [InlineData("ada@[127.0.0.1]")]
    [InlineData("ada@@example.com")]
    [InlineData("ada@b@example.com")]
    [InlineData("ada lovelace@example.com")]
    [InlineData(" ada@example.com")]
    [InlineData("ada@example.com ")]
    [InlineData("ada@example.com\n")]
    [InlineData("ada\r\nBcc: eve@example.com@example.com")]
    [InlineData("ada@example.com\r\nBcc: eve@example.com")]
    [InlineData(".ada@example.com")]
    [InlineData("ada.@example.com")]
    [InlineData("ada..b@example.com")]
    [InlineData("\"ada\"@example.com")]
    [InlineData("Ada <ada@example.com>")]
    [InlineData("\u0430da@example.com")]
    [InlineData("\u212Aim@example.com")]
    [InlineData("ada\0@example.com")]
    [InlineData("ada@-example.com")]
    [InlineData("ada@example-.com")]
    [InlineData("ada@exa_mple.com")]
    [InlineData("ada@example..com")]
    [InlineData("ada@.example.com")]
    [InlineData("ada@example.com..")]
    [InlineData("ada@example.com.\u3002")]
    [InlineData("ada@xn--b\u00FCcher.example")]
    [InlineData("ada@\u0308bucher.example")]
    [InlineData("ada@a\u2044b.example")]
    [InlineData("ada@\u2100.example")]
    [InlineData("ada@\u3164.example")]
    [InlineData("ada@example.c")]
    [InlineData("ada@example.123")]
    [InlineData("ada@exam\uFFFDple.com")]
    [InlineData("ada@exam\u200Bple.com")]
    [InlineData("ada@exam\u202Eple.com")]
    [InlineData("ada@\u2603.com")]
    public void Refuses_what_is_no_email_address(string? text)
    {
        Assert.False(ContactAddress.TryParseEmail(text, out var address));
        Assert.Null(address);
    }

    [Fact]
    public void Bounds_the_length_of_an_email_address()
    {
        var longest = $"{new string('a', 64)}@{new string('b', 63)}.{new string('c', 63)}.{new string('d', 57)}.com";

        Assert.Equal(ContactAddress.MaxEmailLength, longest.Length);
        Assert.True(ContactAddress.TryParseEmail(longest, out _));
        Assert.False(ContactAddress.TryParseEmail(longest.Replace("@", "@e", StringComparison.Ordinal), out _));
        Assert.False(ContactAddress.TryParseEmail($"{new string('a', 65)}@example.com", out _));
        Assert.False(ContactAddress.TryParseEmail($"a@{new string('b', 64)}.com", out _));
    }

    [Fact]
    public void Bounds_the_length_of_an_international_domain_by_its_ascii_form()
    {
        // 15 letters that lie far apart take more than 20 bytes of punycode each time.
        var label = string.Concat(Enumerable.Range(0, 15).Select(i => (char)('\u4E00' + (i * 1000))));
        var domain = string.Join('.', Enumerable.Repeat(label, 6));

        Assert.True(ContactAddress.TryParseEmail($"a@{label}.com", out _));
        Assert.InRange(domain.Length, 1, 100);
        Assert.False(ContactAddress.TryParseEmail($"a@{domain}.com", out _));
    }

    [Fact]
    public void Refuses_half_a_character_in_a_domain() => Assert.False(ContactAddress.TryParseEmail("ada@exam\uD800ple.com", out _));

    [Fact]
    public void Normalisation_is_idempotent_and_ignores_case() => Prop.ForAll(Arb.From(Email), text =>
    {
        if (!ContactAddress.TryParseEmail(text, out var address))
            return true;

        return Same(address.Value, address) && Same(text.ToUpperInvariant(), address) && Same(text.ToLowerInvariant(), address)
            && address.Value.Length <= ContactAddress.MaxEmailLength && System.Text.Ascii.IsValid(address.Value);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    [Fact]
    public void Most_well_formed_addresses_are_accepted() =>
        Assert.True(Email.Sample(200).Count(text => ContactAddress.TryParseEmail(text, out _)) > 100);

    [Fact]
    public void Any_text_at_all_is_judged_without_an_exception() => Prop.ForAll<string?, string?>((local, domain) =>
            ContactAddress.TryParseEmail($"{local}@{domain}", out var email) == (email is not null)
            && ContactAddress.TryParsePhone(domain, out var phone) == (phone is not null))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));

    [Theory]
    [InlineData("+4915112345678")]
    [InlineData("+12345678")]
    [InlineData("+123456789012345")]
    public void Takes_a_phone_number_as_it_is(string text)
    {
        Assert.True(ContactAddress.TryParsePhone(text, out var address));

        Assert.Equal((ContactKind.Phone, text), (address.Kind, address.Value));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("+")]
    [InlineData("4915112345678")]
    [InlineData("004915112345678")]
    [InlineData("+0915112345678")]
    [InlineData("+1234567")]
    [InlineData("+1234567890123456")]
    [InlineData("+49 151 12345678")]
    [InlineData("+49-151-12345678")]
    [InlineData("+4915112345678\n")]
    [InlineData(" +4915112345678")]
    [InlineData("+49151123456\u0667\u0668")]
    public void Refuses_what_is_no_phone_number(string? text)
    {
        Assert.False(ContactAddress.TryParsePhone(text, out var address));
        Assert.Null(address);
    }

    [Theory]
    [InlineData("ada@example.com", "a***@example.com")]
    [InlineData("a@example.com", "a***@example.com")]
    public void Masks_an_email_address(string text, string expected)
    {
        Assert.True(ContactAddress.TryParseEmail(text, out var address));

        Assert.Equal(expected, address.ToString());
        Assert.Equal(expected, $"{address}");
    }

    [Fact]
    public void Masks_a_phone_number()
    {
        Assert.True(ContactAddress.TryParsePhone("+4915112345678", out var address));

        Assert.Equal("+49***78", address.ToString());
    }

    [Fact]
    public void A_masked_email_address_shows_one_letter_of_its_local_part() => Prop.ForAll(Arb.From(Email), text =>
    {
        if (!ContactAddress.TryParseEmail(text, out var address))
            return true;

        var at = address.Value.LastIndexOf('@');
        return address.ToString() == $"{address.Value[0]}***{address.Value[at..]}";
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_masked_phone_number_hides_at_least_four_digits() => Prop.ForAll(Arb.From(Phone), text =>
        ContactAddress.TryParsePhone(text, out var address)
            && address.ToString() is { Length: 8 } masked
            && masked.Count(char.IsAsciiDigit) <= text.Length - 5)
        .QuickCheckThrowOnFailure();

    [Fact]
    public void An_address_is_equal_to_its_other_spellings_and_to_no_other_kind()
    {
        Assert.True(ContactAddress.TryParseEmail("Ada@Example.com", out var one));
        Assert.True(ContactAddress.TryParseEmail("ada@EXAMPLE.com", out var other));
        Assert.True(ContactAddress.TryParseEmail("eve@example.com", out var eve));

        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
        Assert.NotEqual(one, eve);
    }

    [Theory]
    [InlineData("ada.lovelace@example.org", true)]
    [InlineData("Ada.Lovelace@EXAMPLE.org", true)]
    [InlineData("ADA.LOVELACE", true)]
    [InlineData("ada.lovelace1", false)]
    [InlineData("example.org", false)]
    [InlineData("", false)]
    public void Knows_its_spellings_and_its_local_part(string text, bool same)
    {
        Assert.True(ContactAddress.TryParseEmail("ada.lovelace@example.org", out var address));
        Assert.Equal(same, address.IsTheSameAs(text));
    }

    [Theory]
    [InlineData("+4915112345678", true)]
    [InlineData("4915112345678", true)]
    [InlineData("15112345678", false)]
    public void Knows_its_digits(string text, bool same)
    {
        Assert.True(ContactAddress.TryParsePhone("+4915112345678", out var address));
        Assert.Equal(same, address.IsTheSameAs(text));
    }

    private static bool Same(string text, ContactAddress expected) =>
        ContactAddress.TryParseEmail(text, out var address) && address == expected;

    private static Gen<string> Text(string alphabet, int least, int most) => Gen.Choose(least, most)
        .SelectMany(length => Gen.ListOf(Gen.Elements(alphabet.ToCharArray()), length))
        .Select(characters => string.Concat(characters));
}
