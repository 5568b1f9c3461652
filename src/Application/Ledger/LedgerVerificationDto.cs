namespace Portico.Application.Ledger;

/// <summary>The result of a verification of the whole ledger.</summary>
/// <param name="Clean">Whether every check passed.</param>
/// <param name="At">The time of the verified state; later commits are not part of it.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Accounts">How many accounts were verified.</param>
/// <param name="Journals">How many journals were verified.</param>
/// <param name="Postings">How many postings were verified.</param>
/// <param name="Blocks">How many blocks of the hash chain were verified.</param>
/// <param name="Checks">Each check, with the first row that fails it.</param>
/// <example>
/// {"clean":false,"at":"2026-11-21T10:00:00.123Z","durationMs":5120,"accounts":1004,"journals":500000,"postings":1000000,"blocks":120,
/// "checks":[{"name":"versions","promise":"The postings of an account are numbered from 1 without a gap.","clean":true,"firstWrong":null},
/// {"name":"balances","promise":"Each posting's balance is the one before it and its amount.","clean":false,
/// "firstWrong":{"table":"ledger.postings","row":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd version 7",
/// "problem":"The balance is 900 after 1000 and an amount of -50."}}]}
/// </example>
public sealed record LedgerVerificationDto(
    bool Clean, DateTimeOffset At, long DurationMs, long Accounts, long Journals, long Postings, long Blocks,
    IReadOnlyList<LedgerCheckDto> Checks);

/// <summary>One check of the ledger, and whether all rows pass it.</summary>
/// <param name="Name">The name of the check, for programs.</param>
/// <param name="Promise">The rule that the check verifies.</param>
/// <param name="Clean">Whether all rows follow the rule.</param>
/// <param name="FirstWrong">The first row that breaks the rule; null when there is none.</param>
/// <example>{"name":"currencies","promise":"The balances of each currency add up to zero.","clean":true,"firstWrong":null}</example>
public sealed record LedgerCheckDto(string Name, string Promise, bool Clean, WrongRowDto? FirstWrong);

/// <summary>A row that contradicts other rows of the ledger. Amounts are in minor units.</summary>
/// <example>
/// {"table":"ledger.postings","row":"01a1fc7e-e7a1-7915-aa3f-8ae82c4c4ddd version 7",
/// "problem":"The balance is 900 after 1000 and an amount of -50."}
/// </example>
public sealed record WrongRowDto(string Table, string Row, string Problem);
