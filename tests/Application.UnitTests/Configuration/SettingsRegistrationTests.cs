using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using Portico.Domain.Users;
using Portico.Infrastructure.Configuration;
using Portico.Infrastructure.Notifications;
using Portico.Infrastructure.Passwords;
using Portico.Infrastructure.Postgres;
using Portico.Infrastructure.Redis;
using Portico.Infrastructure.Sessions;
using Portico.Infrastructure.SignIn;

namespace Portico.Application.UnitTests.Configuration;

public sealed class SettingsRegistrationTests
{
    private const string Connection = "Host=localhost;Database=portico;Username=portico_app;Password=hunter2";
    private static readonly string Key = Convert.ToBase64String(new byte[32]);

    [Fact]
    public void Stops_the_program_with_every_wrong_setting_by_name()
    {
        var failure = Assert.Throws<OptionsValidationException>(() =>
            Start<OtpSettings>(("Otp:Lifetime", "00:00:01"), ("Otp:MaxTries", "0")));

        Assert.Contains("Otp:Key is missing", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Otp:Lifetime must be", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Otp:MaxTries must be", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_a_setting_that_is_of_another_type()
    {
        var failure = Assert.ThrowsAny<Exception>(() => Start<OtpSettings>(("Otp:Key", Key), ("Otp:Lifetime", "ten minutes")));

        Assert.Contains("Otp:Lifetime", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SignIn:RequireSecondFactorFor:0", "Administrator")]
    [InlineData("SignIn:RequireSecondFactorFor", "Admin")]
    public void Names_an_entry_of_a_list_that_would_have_no_effect(string setting, string value)
    {
        var failure = Assert.ThrowsAny<Exception>(() => Start<SignInSettings>((setting, value)));

        Assert.Contains(setting, failure.Message, StringComparison.Ordinal);
        Assert.Equal([Role.Admin], Start<SignInSettings>(("SignIn:RequireSecondFactorFor:0", "admin")).RequireSecondFactorFor);
    }

    [Theory]
    [InlineData("Redis:ConnectionString")]
    [InlineData("Redis:KeyPrefix")]
    public void Names_a_setting_that_is_null(string setting)
    {
        var failure = Assert.ThrowsAny<Exception>(
            () => Start<RedisSettings>(("Redis:ConnectionString", "localhost:6379"), (setting, null)));

        Assert.Contains(setting, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gives_the_bound_values_to_whoever_needs_them()
    {
        var settings = Start<OtpSettings>(("Otp:Key", Key), ("Otp:Lifetime", "00:05:00"));

        Assert.Equal(TimeSpan.FromMinutes(5), settings.Lifetime);
        Assert.Equal(5, settings.MaxTries);
    }

    [Fact]
    public void The_guesses_of_a_day_hit_with_a_probability_of_3_in_10000_at_most()
    {
        var settings = Start<OtpSettings>(("Otp:Key", Key));
        Assert.InRange(((settings.MaxPerDayAndAddress * settings.MaxTries) + settings.FreeGuesses) / 1e6, 0, 3e-4);

        // Two clients have their shares, whatever eight others take; without others a client has all that it may have.
        Assert.InRange((10 * settings.SharePerDay) + settings.ExtraPerDay, 1, settings.OpenPerDay);
        Assert.InRange((10 * settings.ShareOfGuesses) + settings.ExtraGuesses, 1, settings.FreeGuesses);
        Assert.Equal(settings.MaxPerDay, settings.SharePerDay + settings.ExtraPerDay);
        Assert.True(settings.ShareOfGuesses >= OtpSettings.LiveCodes);
    }

    [Theory]
    [InlineData("Otp:MaxTries", "7", "Otp:MaxPerDayAndAddress times Otp:MaxTries must be")]
    [InlineData("Otp:MaxPerDayAndAddress", "60", "Otp:MaxPerDayAndAddress times Otp:MaxTries must be")]
    [InlineData("Otp:MaxPerDayAndAddress", "24", "Otp:MaxPerDayAndAddress must be at least")]
    [InlineData("Otp:SharePerDay", "4", "Otp:MaxPerDayAndAddress must be at least")]
    [InlineData("Otp:SharePerDay", "0", "Otp:SharePerDay must be")]
    [InlineData("Otp:ReservedPerDay", "-1", "Otp:ReservedPerDay must be")]
    public void Refuses_limits_of_codes_that_break_what_they_promise(string name, string value, string problem)
    {
        var failure = Assert.ThrowsAny<Exception>(() => Start<OtpSettings>(("Otp:Key", Key), (name, value)));

        Assert.Contains(problem, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is missing")]
    [InlineData("c2hvcnQ=", "at least 32 bytes")]
    [InlineData("not base64 at all, though it is long enough to be a key", "at least 32 bytes")]
    public void Refuses_a_weak_key_without_quoting_it(string key, string reason)
    {
        var problem = Assert.Single(new SessionSettings { Key = key }.Validate());

        Assert.StartsWith("Sessions:Key", problem, StringComparison.Ordinal);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        if (key.Length > 0)
            Assert.DoesNotContain(key, problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Redis:ConnectionString", "", "Redis:ConnectionString")]
    [InlineData("Redis:ConnectionString", "localhost:6379,nonsense=1", "Redis:ConnectionString")]
    [InlineData("Redis:ConnectionString", ",", "Redis:ConnectionString")]
    [InlineData("Redis:KeyPrefix", "a b", "Redis:KeyPrefix")]
    [InlineData("Redis:KeyPrefix", "{a}", "Redis:KeyPrefix")]
    public void Refuses_bad_values_of_redis(string setting, string value, string named) =>
        Assert.StartsWith(
            named,
            Assert.Single(Bind<RedisSettings>(("Redis:ConnectionString", "localhost:6379"), (setting, value)).Validate()),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("Host=localhost;Database=portico")]
    [InlineData("Host=localhost;Database=portico;Username=x;Port=many;Password=hunter2")]
    [InlineData("Host=localhost;Database=portico;Username=x;Maximum Pool Size=0;Password=hunter2")]
    [InlineData("Host=localhost;Database=portico;Username=x;Minimum Pool Size=200;Password=hunter2")]
    public void Refuses_a_bad_connection_string_without_quoting_it(string value)
    {
        var problem = Assert.Single(Bind<DatabaseSettings>(("ConnectionStrings:Portico", value)).Validate());

        Assert.StartsWith("ConnectionStrings:Portico", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("Host=localhost;Database=other;Username=portico_app;Password=hunter2")]
    [InlineData("Host=localhost;Database=portico;Username=postgres;Password=hunter2")]
    public void Refuses_a_direct_connection_to_another_database_or_role(string value)
    {
        var problem = Assert.Single(
            Bind<DatabaseSettings>(("ConnectionStrings:Portico", Connection), ("ConnectionStrings:PorticoDirect", value)).Validate());

        Assert.StartsWith("ConnectionStrings:PorticoDirect", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_statements_that_a_pooler_loses()
    {
        var pooled = ("ConnectionStrings:Portico", $"{Connection};Max Auto Prepare=20");
        Assert.Empty(Bind<DatabaseSettings>(pooled).Validate());
        Assert.Contains(
            "Max Auto Prepare",
            Assert.Single(Bind<DatabaseSettings>(pooled, ("ConnectionStrings:PorticoDirect", Connection)).Validate()),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "", 100)]
    [InlineData(";Max Auto Prepare=7", "", 7)]
    [InlineData("", Connection, 0)]
    public void Prepares_what_requests_repeat_unless_a_pooler_loses_it(string more, string direct, int prepared)
    {
        using var source = Bind<DatabaseSettings>(
                ("ConnectionStrings:Portico", Connection + more), ("ConnectionStrings:PorticoDirect", direct))
            .CreateDataSource();

        Assert.Equal(prepared, new NpgsqlConnectionStringBuilder(source.ConnectionString).MaxAutoPrepare);
    }

    [Theory]
    [InlineData("Mail:From", "nobody", "Mail:From")]
    [InlineData("Mail:From", "", "Mail:From")]
    [InlineData("Mail:Mailbox", "", "Mail:Mailbox")]
    [InlineData("Mail:Mailbox", "relative/folder", "Mail:Mailbox")]
    [InlineData("Mail:Smtp:Host", "localhost", "Mail:Smtp:Host")]
    [InlineData("Mail:Smtp:UserName", "me", "Mail:Smtp:Password")]
    [InlineData("Mail:Smtp:Password", "hunter2", "Mail:Smtp:UserName")]
    [InlineData("Mail:Sms:Url", "ftp://sms.example", "Mail:Sms:Url")]
    [InlineData("Mail:Sms:Url", "sms.example/send", "Mail:Sms:Url")]
    public void Refuses_bad_values_of_mail(string setting, string value, string named)
    {
        var problem = Assert.Single(Bind<MailSettings>(("Mail:Mailbox", "/tmp/mailbox"), (setting, value)).Validate());

        Assert.Contains(named, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Mail:Sms:Format", "3", "Mail:Sms:Format")]
    [InlineData("Mail:Sms:Body", "{\"number\":{to},\"text\":\"{text}\"", "Mail:Sms:Body")]
    [InlineData("Mail:Sms:Body", "{\"to\":\"{to}\"}", "Mail:Sms:Body")]
    [InlineData("Mail:Sms:Headers:Content-Type", "text/plain", "Mail:Sms:Headers:Content-Type")]
    [InlineData("Mail:Sms:Token", "one\ntwo", "Mail:Sms:Token")]
    [InlineData("Mail:Sms:Timeout", "00:01:00", "Mail:Sms:Timeout")]
    public void Refuses_bad_values_of_the_gateway_for_text_messages(string setting, string value, string named)
    {
        var problem = Assert.Single(
            Bind<MailSettings>(("Mail:Mailbox", "/tmp/mailbox"), ("Mail:Sms:Url", "https://sms.example/hunter2"), (setting, value))
                .Validate());

        Assert.Contains(named, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Finds_nothing_wrong_with_good_values()
    {
        Assert.Empty(new OtpSettings { Key = Key }.Validate());
        Assert.Empty(new SessionSettings { Key = Key }.Validate());
        Assert.Empty(new SignInSettings().Validate());
        Assert.Empty(new PasswordSettings().Validate());
        Assert.Empty(Bind<RedisSettings>(("Redis:ConnectionString", "localhost:6379,password=x")).Validate());
        Assert.Empty(Bind<DatabaseSettings>(("ConnectionStrings:Portico", Connection)).Validate());
        Assert.Empty(Bind<MailSettings>(("Mail:Mailbox", "/tmp/mailbox")).Validate());
        Assert.Empty(Bind<MailSettings>(("Mail:Smtp:Host", "localhost"), ("Mail:Sms:Url", "https://sms.example/send")).Validate());
    }

    [Fact]
    public void Nothing_waits_for_ever_on_the_database()
    {
        using var source = Bind<DatabaseSettings>(("ConnectionStrings:Portico", Connection)).CreateDataSource();
        using var patient = Bind<DatabaseSettings>(("ConnectionStrings:Portico", $"{Connection};Timeout=7;Command Timeout=20"))
            .CreateDataSource();

        Assert.Contains("Timeout=5;Command Timeout=10", source.ConnectionString, StringComparison.Ordinal);
        Assert.Contains("Timeout=7;Command Timeout=20", patient.ConnectionString, StringComparison.Ordinal);
    }

    private static T Bind<T>(params (string Key, string? Value)[] values)
        where T : class, ISettings, new() => Configuration(values).GetSection(T.Section).Get<T>() ?? new T();

    private static T Start<T>(params (string Key, string? Value)[] values)
        where T : class, ISettings
    {
        using var services = new ServiceCollection().AddSettings<T>(Configuration(values)).BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
        return services.GetRequiredService<T>();
    }

    private static IConfigurationRoot Configuration((string Key, string? Value)[] values)
    {
        // A later value of a setting replaces the earlier one.
        var configuration = new ConfigurationBuilder().AddInMemoryCollection().Build();
        foreach (var (key, value) in values)
            configuration[key] = value;
        return configuration;
    }
}
