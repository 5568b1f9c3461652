using System.Text;
using Portico.Application.Common.Messaging;

namespace Portico.Application.UnitTests.Common;

public sealed class RequestFingerprintTests
{
    [Fact]
    public void Needs_the_fields_in_the_order_of_their_names_and_each_once()
    {
        Assert.Throws<ArgumentException>(() => Of([("b", "2"), ("a", "1")]));
        Assert.Throws<ArgumentException>(() => Of([("a", "1"), ("a", "2")]));
    }

    /// <summary>Keys are kept for longer than a version runs.</summary>
    [Fact]
    public void Is_the_same_in_every_version() => Assert.Equal(
        // Made by another implementation of SHA-256.
        "ed7a7ce4eefe5b712871af75fa4af05b5a04a5f5b4cadb5d0b5eb34beec3d88e"
            + "e3b0c4427571cce8cf38d95ccf9dcf6dedb46562e3b0c442",
        Convert.ToHexStringLower(Of([("amount", "1.00"), ("note", "")]).Bytes.Span));

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
        var fields = Enumerable.Range(0, RequestFingerprint.MaxFields + 1).Select(n => ($"f{n:00}", ReadOnlyMemory<byte>.Empty)).ToArray();
        Assert.Throws<ArgumentException>(() => new RequestFingerprint("POST /", fields, []));
    }

    private static IdempotencyKey Key(params (string Name, string Value)[] fields) => new(Guid.Empty, "k", Of(fields));

    private static ReadOnlySpan<byte> Bytes(params (string Name, string Value)[] fields) => Of(fields).Bytes.Span;

    private static RequestFingerprint Of((string Name, string Value)[] fields) => new(
        "POST /",
        [.. fields.Select(field => (field.Name, (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(field.Value)))],
        ["amount", "note", "to", "a", "b", "ab"]);
}
