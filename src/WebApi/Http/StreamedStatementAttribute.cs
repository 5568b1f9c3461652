using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Portico.Application.Wallets;

namespace Portico.WebApi.Http;

/// <summary>Allows a long statement: the timeout of the request restarts after each sent part.</summary>
/// <remarks>The server closes the connection of a client that reads too slowly, for every answer.</remarks>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class StreamedStatementAttribute : ResultFilterAttribute
{
    private const int Step = 1_000;

    public override void OnResultExecuting(ResultExecutingContext context)
    {
        if (context.Result is ObjectResult { Value: StatementDto statement } answer)
            answer.Value = statement with { Entries = WithDeadline(statement.Entries, context.HttpContext, CancellationToken.None) };
    }

    private static async IAsyncEnumerable<EntryDto> WithDeadline(
        IAsyncEnumerable<EntryDto> entries, HttpContext context, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sent = 0;
        await foreach (var entry in entries.WithCancellation(cancellationToken))
        {
            if (sent++ % Step == 0)
                RequestDeadline.Restart(context);
            yield return entry;
        }
    }
}
