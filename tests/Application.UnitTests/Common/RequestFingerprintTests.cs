using System.Text;
using Portico.Application.Common.Messaging;

namespace Portico.Application.UnitTests.Common;

public sealed class RequestFingerprintTests
{
    [Fact]
    public void Does_not_depend_on_the_order_of_the_fields() =>
        Assert.Null(Key(("a", "1"), ("b", "2")).Refuse(Bytes(("b", "2"), ("a", "1"))));

    [Fact]
    public void Says_which_fields_differ_and_no_value()
    {
        var second = Key(("amount", "secret 1"), ("note", "same"), ("to", "x"));
        var message = second.Refuse(Bytes(("amount", "secret 2"), ("note", "same")))!.Message;
        Assert.Contains(" with another request, with another value of amount, to. ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        Assert.DoesNotContain("note", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_that_the_address_differs_and_compares_no_fields_then() => Assert.Contains(
        " with another request, to another address. ",
        Key(("a", "1")).Refuse(new RequestFingerprint("POST /elsewhere", [("a", "2"u8.ToArray())], []).Bytes.Span)!.Message,
        StringComparison.Ordinal);

    [Fact]
    public void Cannot_be_compared_with_that_of_an_earlier_version() =>
        Assert.Contains("earlier version", Key(("a", "1")).Refuse(new byte[32])!.Message, StringComparison.Ordinal);

    [Fact]
    public void Never_reads_two_fields_as_one()
    {
        Assert.NotNull(Key(("a", "1b2")).Refuse(Bytes(("a", "1"), ("b", "2"))));
        Assert.NotNull(Key(("ab", "")).Refuse(Bytes(("a", "b"))));
        Assert.NotNull(Key().Refuse(Bytes(("a", ""))));
    }

    [Fact]
    public void Has_a_bound()
    {
        var fields = Enumerable.Range(0, RequestFingerprint.MaxFields + 1).Select(n => ($"f{n}", Array.Empty<byte>()));
        Assert.Throws<ArgumentException>(() => new RequestFingerprint("POST /", fields, []));
    }

    private static IdempotencyKey Key(params (string Name, string Value)[] fields) => new(Guid.Empty, "k", Of(fields));

    private static ReadOnlySpan<byte> Bytes(params (string Name, string Value)[] fields) => Of(fields).Bytes.Span;

    private static RequestFingerprint Of((string Name, string Value)[] fields) => new(
        "POST /", fields.Select(field => (field.Name, Encoding.UTF8.GetBytes(field.Value))), ["amount", "note", "to", "a", "b", "ab"]);
}
