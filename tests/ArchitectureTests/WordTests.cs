using System.Text.RegularExpressions;

namespace Portico.ArchitectureTests;

/// <summary>The sources use the terms of docs/glossary.md, and lines that fit a screen.</summary>
public sealed partial class WordTests
{
    private const int MaxColumns = 140;

    // Each retired name, and the standard term that replaced it.
    private static readonly Dictionary<string, string> Retired = new(StringComparer.Ordinal)
    {
        ["AuditStamps"] = "AuditInterceptor",
        ["BoundedPurge"] = "BatchedDelete",
        ["ClientBudget"] = "ClientRateLimit",
        ["CountedWindow"] = "FixedWindowCounter",
        ["DeadCommand"] = "DeadLettersCommand",
        ["DeadEvent"] = "DeadLetter",
        ["DeadEvents"] = "DeadLetters",
        ["Dice"] = "RandomChoices",
        ["EdgeRefusals"] = "HttpErrors",
        ["EndedSessions"] = "RevokedSessions",
        ["Flights"] = "FusionCache",
        ["HeldEvents"] = "EventLock",
        ["IEndedSessions"] = "IRevokedSessions",
        ["IHeldEvents"] = "IEventLock",
        ["IKeptAnswers"] = "IIdempotencyStore",
        ["ILetterBox"] = "INotificationQueue",
        ["IMessages"] = "IMessageSender",
        ["INamesContact"] = "IHasContact",
        ["IReactTo"] = "IEventHandler",
        ["IRequestBudget"] = "IRequestRateLimiter",
        ["IShowsDeleted"] = "IIncludesDeleted",
        ["ISigningKeyNews"] = "ISigningKeyRefresh",
        ["IUserEpochs"] = "ITokenVersions",
        ["IdempotencyKeeper"] = "RetentionCleanup",
        ["IdentityCredentials"] = "CredentialStore",
        ["InboxKeeper"] = "RetentionCleanup",
        ["KeptAnswer"] = "StoredAnswer",
        ["KeptAnswerRow"] = "StoredAnswer",
        ["KeptAnswerRowConfiguration"] = "StoredAnswer",
        ["KeptAnswers"] = "IdempotencyStore",
        ["KeptOutcome"] = "StoredResult",
        ["KeptRefusals"] = "StoredErrorNames",
        ["LayAside"] = "MoveToDeadLetters",
        ["LetterBox"] = "NotificationQueue",
        ["LimitMetrics"] = "RateLimitMetrics",
        ["LocalLimits"] = "LocalRateLimits",
        ["MeetChallenge"] = "VerifyChallenge",
        ["MeetChallengeHandler"] = "VerifyChallengeHandler",
        ["MeetChallengeValidator"] = "VerifyChallengeValidator",
        ["MessageDelivery"] = "NotificationDelivery",
        ["MessageRefusedException"] = "MessageRejectedException",
        ["MetChallenge"] = "VerifiedChallenge",
        ["ModelStateRefusals"] = "ModelStateErrors",
        ["MoveToDeadEvents"] = "MoveToDeadLetters",
        ["NatsReadiness"] = "NatsHealthCheck",
        ["Occurrence"] = "EventEnvelope",
        ["OutboxKeeper"] = "OutboxCleanup",
        ["OutcomeText"] = "ResultText",
        ["PostgresReadiness"] = "PostgresHealthCheck",
        ["ProvedPassword"] = "ProvenPassword",
        ["Purses"] = "DemoBalances",
        ["QueuedMessages"] = "NotificationStore",
        ["RecentTokens"] = "VerifiedTokenCache",
        ["RedisReadiness"] = "RedisHealthCheck",
        ["RefusedBearer"] = "InvalidBearer",
        ["RefusedBody"] = "InvalidBody",
        ["RefusedMoneyException"] = "InvalidMoneyException",
        ["RefusedResult"] = "HttpErrorResult",
        ["RefusedValueException"] = "InvalidValueException",
        ["RefusesAttribute"] = "ProducesErrorsAttribute",
        ["RequestBudget"] = "RequestRateLimiter",
        ["SigningKeyFollower"] = "SigningKeyRefresher",
        ["StaleTags"] = "CacheInvalidation",
        ["Standing"] = "status",
        ["StoredOutcome"] = "StoredResult",
        ["TellOfBlock"] = "NotifyOfBlock",
        ["TellOfDeletion"] = "NotifyOfDeletion",
        ["TellOfDeposit"] = "NotifyOfDeposit",
        ["TellOfForecast"] = "NotifyOfForecast",
        ["TellOfNewDevice"] = "NotifyOfNewDevice",
        ["TellOfNewPassword"] = "NotifyOfNewPassword",
        ["TellOfTransfer"] = "NotifyOfTransfer",
        ["Teller"] = "LedgerClient",
        ["TokenRefusal"] = "TokenError",
        ["UserEpochs"] = "TokenVersions",
        ["WelcomePerson"] = "NotifyOfRegistration",
    };

    [Fact]
    public void Retired_words_stay_away() => Solution.AssertNone(
        from file in Solution.TextFiles("src", "clients", "tests", "tools", "docs", "README.md", "CONTRIBUTING.md", "SECURITY.md")
        where !file.Contains("/Migrations/", StringComparison.Ordinal)
            && !file.Contains("/adr/", StringComparison.Ordinal)
            && Path.GetFileName(file) != $"{nameof(WordTests)}.cs"
        from line in File.ReadLines(file).Index()
        from Match word in Word().Matches(line.Item)
        where Retired.ContainsKey(word.Value)
        select $"{Path.GetRelativePath(Solution.Root, file)}:{line.Index + 1}: {word.Value}; say {Retired[word.Value]}");

    [Fact]
    public void Lines_of_code_fit_in_140_columns() => Solution.AssertNone(
        from file in Solution.TextFiles("src", "clients", "tests", "tools")
        where file.EndsWith(".cs", StringComparison.Ordinal)
        from line in File.ReadLines(file).Index()
        where line.Item.Length > MaxColumns
        select $"{Path.GetRelativePath(Solution.Root, file)}:{line.Index + 1}: {line.Item.Length} columns");

    [GeneratedRegex(@"\w+", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Word();
}
