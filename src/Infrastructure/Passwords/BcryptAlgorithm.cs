using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Portico.Infrastructure.Passwords;

/// <summary>
/// bcrypt: verifies <c>$2a$</c>, <c>$2b$</c> and <c>$2y$</c> hashes of other systems, and creates <c>$bcrypt-sha256$</c> hashes.
/// </summary>
/// <remarks>
/// bcrypt ignores all bytes after byte 72. New hashes therefore use HMAC-SHA256 of the password, keyed with the salt: the format
/// <c>bcrypt_sha256</c>, version 2, of Passlib. Hashes of other systems are verified without this step.
/// </remarks>
internal sealed partial class BcryptAlgorithm : IPasswordAlgorithm
{
    public const int MinCost = 4;
    public const int MaxCost = 14;

    private const int SaltLength = 22;
    private const int OutputLength = 31;
    private static readonly string Zeros = new('.', SaltLength + OutputLength);

    private readonly int _cost;

    public BcryptAlgorithm(PasswordSettings settings)
    {
        _cost = settings.BcryptCost;
        Kind = new HashKind(this, StandIn(_cost), 0);
    }

    public string Name => "bcrypt";

    public HashKind Kind { get; }

    public HashKind? KindOf(string hash) =>
        Plain().Match(hash) is { Success: true } plain && IsAllowed(Cost(plain)) ? new HashKind(this, $"$2b${Cost(plain):00}${Zeros}", 0)
        : PreHashed().Match(hash) is { Success: true } own && IsAllowed(Cost(own)) ? new HashKind(this, StandIn(Cost(own)), 0)
        : null;

    public string Hash(string password)
    {
        var prefix = BCrypt.Net.BCrypt.GenerateSalt(_cost, 'b');
        var salt = prefix[^SaltLength..];
        return string.Create(CultureInfo.InvariantCulture, $"$bcrypt-sha256$v=2,t=2b,r={_cost}${salt}${Compute(password, _cost, salt)}");
    }

    public bool Verify(string hash, string password)
    {
        if (PreHashed().Match(hash) is not { Success: true } own)
            return BCrypt.Net.BCrypt.Verify(password, hash);

        var output = Compute(password, Cost(own), own.Groups["salt"].Value);
        return CryptographicOperations.FixedTimeEquals(
            Encoding.ASCII.GetBytes(output), Encoding.ASCII.GetBytes(own.Groups["output"].Value));
    }

    public bool IsWeaker(string hash) => PreHashed().Match(hash) is not { Success: true } own || Cost(own) < _cost;

    private static string Compute(string password, int cost, string salt)
    {
        var mac = HMACSHA256.HashData(Encoding.ASCII.GetBytes(salt), Encoding.UTF8.GetBytes(password));
        return BCrypt.Net.BCrypt.HashPassword(Convert.ToBase64String(mac), $"$2b${cost:00}${salt}")[^OutputLength..];
    }

    private static string StandIn(int cost) => $"$bcrypt-sha256$v=2,t=2b,r={cost}${Zeros[..SaltLength]}${Zeros[..OutputLength]}";

    private static bool IsAllowed(int cost) => cost is >= MinCost and <= MaxCost;

    private static int Cost(Match hash) => int.Parse(hash.Groups["cost"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^\$2[aby]\$(?<cost>[0-3][0-9])\$[./A-Za-z0-9]{53}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Plain();

    [GeneratedRegex(
        @"^\$bcrypt-sha256\$v=2,t=2b,r=(?<cost>[1-9][0-9]?)\$(?<salt>[./A-Za-z0-9]{22})\$(?<output>[./A-Za-z0-9]{31})\z",
        RegexOptions.ExplicitCapture,
        1000)]
    private static partial Regex PreHashed();
}
