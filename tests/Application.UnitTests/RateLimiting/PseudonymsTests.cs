using System.Net;
using Portico.Infrastructure.RateLimiting;

namespace Portico.Application.UnitTests.RateLimiting;

public sealed class PseudonymsTests
{
    private static readonly Pseudonyms Names = With(1);

    [Theory]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1", true)]
    [InlineData("192.0.2.1", "192.0.2.2", false)]
    [InlineData("::ffff:192.0.2.1", "::ffff:192.0.2.2", false)]
    [InlineData("::1", "127.0.0.1", false)]
    [InlineData("fe80::1%3", "fe80::1%4", true)]
    public void Tells_clients_apart_by_their_network(string one, string other, bool same) =>
        Assert.Equal(same, Names.Of(IPAddress.Parse(one)) == Names.Of(IPAddress.Parse(other)));

    [Fact]
    public void An_unknown_client_has_a_name_of_its_own()
    {
        Assert.Equal(Names.Of(client: null), Names.Of(client: null));
        Assert.NotEqual(Names.Of(client: null), Names.Of(IPAddress.IPv6Any));
        Assert.NotEqual(Names.Of(client: null), Names.Of(IPAddress.Any));
    }

    [Fact]
    public void Says_neither_the_address_nor_the_code()
    {
        Assert.Matches("^[A-Za-z0-9_-]{43}$", Names.Of(Requests.Email()));
        Assert.Matches("^[A-Za-z0-9_-]{43}$", Names.Of(IPAddress.Loopback));
        Assert.Matches("^[A-Za-z0-9_-]{43}$", Names.OfCode(Requests.Email(), "registration", "123456"));
    }

    [Fact]
    public void A_code_is_bound_to_its_address_its_purpose_and_the_key() => Assert.Distinct(
    [
        Names.OfCode(Requests.Email(), "registration", "123456"),
        Names.OfCode(Requests.Email(), "registration", "123457"),
        Names.OfCode(Requests.Email(), "passwordReset", "123456"),
        Names.OfCode(Requests.Email("eve@example.com"), "registration", "123456"),
        Names.OfCode(Requests.Phone(), "registration", "123456"),
        With(2).OfCode(Requests.Email(), "registration", "123456"),
        Names.Of(Requests.Email()),
        With(2).Of(Requests.Email()),
    ]);

    private static Pseudonyms With(byte key) => new([.. Enumerable.Repeat(key, 32)]);
}
