using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Portico.Infrastructure.SigningKeys;

namespace Portico.Application.UnitTests.SigningKeys;

public sealed class TokenKeyTests
{
    private const string Signed =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    private const string RsaSigned = "eyJhbGciOiJSUzI1NiJ9." + Signed;

    private const string RsaSignature =
        "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKB"
        + "YNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6Bf"
        + "I7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    private const string EcSigned = "eyJhbGciOiJFUzI1NiJ9." + Signed;
    private const string EcSignature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    private const string EcX = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    private const string EcY = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    // RFC 7515, appendix A.2.1.
    private static readonly TokenKey Rfc7515Rsa = Of(new RSAParameters
    {
        Modulus = Bytes(
            "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRP"
            + "EwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb"
            + "3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"),
        Exponent = Bytes("AQAB"),
        D = Bytes(
            "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn"
            + "2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1"
            + "juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ"),
        P = Bytes(
            "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc"
            + "1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc"),
        Q = Bytes(
            "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfI"
            + "sRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc"),
        DP = Bytes(
            "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_PI7Yz-FOKnu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cp"
            + "dTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0"),
        DQ = Bytes(
            "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oKr6N3Do9U0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4I"
            + "KhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU"),
        InverseQ = Bytes(
            "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_QJQ3ydy5cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReO"
            + "go1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U"),
    });

    // RFC 7515, appendix A.3.1.
    private static readonly TokenKey Rfc7515Ec = Of(new ECParameters
    {
        Curve = ECCurve.NamedCurves.nistP256,
        Q = new() { X = Bytes(EcX), Y = Bytes(EcY) },
        D = Bytes("jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"),
    });

    [Fact]
    public void Makes_the_RS256_signature_of_RFC_7515_A2()
    {
        var signature = new byte[Rfc7515Rsa.SignatureLength];
        Rfc7515Rsa.Sign(Encoding.ASCII.GetBytes(RsaSigned), signature);

        Assert.Equal(RsaSignature, Base64Url.EncodeToString(signature));
    }

    [Fact]
    public void Verifies_the_signatures_of_RFC_7515_A2_and_A3_and_no_other()
    {
        Assert.True(Rfc7515Rsa.Verify(Encoding.ASCII.GetBytes(RsaSigned), Bytes(RsaSignature)));
        Assert.True(Rfc7515Ec.Verify(Encoding.ASCII.GetBytes(EcSigned), Bytes(EcSignature)));

        Assert.False(Rfc7515Rsa.Verify(Encoding.ASCII.GetBytes(EcSigned), Bytes(RsaSignature)));
        Assert.False(Rfc7515Ec.Verify(Encoding.ASCII.GetBytes(RsaSigned), Bytes(EcSignature)));
        Assert.False(Rfc7515Rsa.Verify(Encoding.ASCII.GetBytes(EcSigned), Bytes(EcSignature)));
    }

    [Fact]
    public void Signs_again_what_RFC_7515_A3_verifies()
    {
        var signature = new byte[Rfc7515Ec.SignatureLength];
        Rfc7515Ec.Sign(Encoding.ASCII.GetBytes(EcSigned), signature);

        Assert.True(Rfc7515Ec.Verify(Encoding.ASCII.GetBytes(EcSigned), signature));
    }

    [Fact]
    public void Has_the_thumbprint_of_RFC_7638_section_3_1()
    {
        var key = Of(new RSAParameters
        {
            Modulus = Bytes(
                "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMst"
                + "n64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajr"
                + "n1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"),
            Exponent = Bytes("AQAB"),
        });

        Assert.Equal("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", key.Id);
        Assert.False(key.CanSign);
    }

    [Fact]
    public void The_same_key_has_the_same_id_with_and_without_its_private_half()
    {
        using var ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        var whole = TokenKey.Of(ec);
        var half = TokenKey.Import("ES256", whole.ExportPublic(), isPrivate: false);

        Assert.True(whole.CanSign);
        Assert.False(half.CanSign);
        Assert.Equal(whole.Id, half.Id);
        Assert.Throws<InvalidOperationException>(() => half.Sign("x"u8, new byte[64]));
        Assert.Throws<ArgumentException>(() => new KeyRing(half, []));
    }

    [Theory]
    [InlineData("RS256")]
    [InlineData("ES256")]
    public void Is_the_same_key_when_it_is_read_back(string algorithm)
    {
        var key = TokenKey.Generate(algorithm);
        var signature = new byte[key.SignatureLength];
        TokenKey.Import(algorithm, key.ExportPrivate(), isPrivate: true).Sign("x"u8, signature);

        Assert.Equal(algorithm, key.Algorithm);
        Assert.True(TokenKey.Import(algorithm, key.ExportPublic(), isPrivate: false).Verify("x"u8, signature));
        Assert.ThrowsAny<CryptographicException>(() => TokenKey.Import(algorithm, key.ExportPublic(), isPrivate: true));
    }

    [Fact]
    public void Refuses_weak_keys_and_other_curves()
    {
        using var weak = RSA.Create(1024);
        // Nobody checks that a modulus has two prime factors, and finding them takes seconds.
        using var huge = RSA.Create(new RSAParameters { Modulus = [.. Enumerable.Repeat((byte)0xFF, 5120 / 8)], Exponent = [1, 0, 1] });
        using var curve = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.Contains(
            "of 1024 bits, where 2048 to 4096 are allowed",
            Assert.Throws<NotSupportedException>(() => TokenKey.Of(weak)).Message,
            StringComparison.Ordinal);
        Assert.Contains("of 5120 bits", Assert.Throws<NotSupportedException>(() => TokenKey.Of(huge)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "another curve than P-256", Assert.Throws<NotSupportedException>(() => TokenKey.Of(curve)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_JWK_is_its_public_half_and_nothing_more()
    {
        var rsa = Jwk(Rfc7515Rsa);
        var ec = Jwk(Rfc7515Ec);

        Assert.Equal(["alg", "e", "kid", "kty", "n", "use"], rsa.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal(["alg", "crv", "kid", "kty", "use", "x", "y"], ec.Select(member => member.Key).Order(StringComparer.Ordinal));
        Assert.Equal(("EC", "P-256", EcX, EcY), ((string?)ec["kty"], (string?)ec["crv"], (string?)ec["x"], (string?)ec["y"]));
        Assert.Equal(("RSA", "AQAB", "RS256", "sig"), ((string?)rsa["kty"], (string?)rsa["e"], (string?)rsa["alg"], (string?)rsa["use"]));
        Assert.Equal(Rfc7515Rsa.Id, (string?)rsa["kid"]);
    }

    [Theory]
    [InlineData(3072)]
    [InlineData(4096)]
    public void Takes_longer_RSA_keys(int bits)
    {
        var world = new TokenWorld(TokenWorld.NewRsa(bits));

        world.Accept(world.Issue());
    }

    private static JsonObject Jwk(TokenKey key)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
            key.WriteJwk(writer);
        return JsonNode.Parse(buffer.WrittenSpan)!.AsObject();
    }

    private static TokenKey Of(RSAParameters parameters)
    {
        using var rsa = RSA.Create(parameters);
        return TokenKey.Of(rsa);
    }

    private static TokenKey Of(ECParameters parameters)
    {
        using var ec = ECDsa.Create(parameters);
        return TokenKey.Of(ec);
    }

    private static byte[] Bytes(string base64Url) => Base64Url.DecodeFromChars(base64Url);
}
