using System.Net;
using Portico.Infrastructure.Payments;

namespace Portico.Application.UnitTests.Payments;

/// <summary>Where notifications of YooKassa may come from.</summary>
public sealed class YookassaSettingsTests
{
    [Theory]
    [InlineData("185.71.76.0", true)]
    [InlineData("185.71.77.31", true)]
    [InlineData("77.75.153.127", true)]
    [InlineData("77.75.154.128", true)]
    [InlineData("77.75.156.11", true)]
    [InlineData("77.75.156.35", true)]
    [InlineData("::ffff:77.75.156.35", true)]
    [InlineData("2a02:5180:0:2655::1", true)]
    [InlineData("185.71.76.32", false)]
    [InlineData("77.75.154.127", false)]
    [InlineData("77.75.156.12", false)]
    [InlineData("2a02:5181::1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData(null, false)]
    public void Only_the_networks_of_YooKassa_send_its_notifications(string? address, bool isTaken) =>
        Assert.Equal(isTaken, new YookassaSettings().IsFrom(address is null ? null : IPAddress.Parse(address)));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("185.71.76.0", false)]
    public void Networks_that_are_set_replace_those_of_YooKassa(string address, bool isTaken) =>
        Assert.Equal(isTaken, new YookassaSettings { Networks = ["10.0.0.0/8"] }.IsFrom(IPAddress.Parse(address)));

    [Theory]
    [InlineData("https://api.yookassa.ru/", false)]
    [InlineData("http://127.0.0.1:8080", true)]
    public void The_networks_of_another_server_are_not_known(string apiUrl, bool isTaken) =>
        Assert.Equal(isTaken, new YookassaSettings { ApiUrl = apiUrl }.IsFrom(IPAddress.Loopback));
}
