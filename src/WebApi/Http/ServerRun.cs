using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Portico.Infrastructure.Configuration;

namespace Portico.WebApi.Http;

/// <summary>Runs a server until it is stopped.</summary>
internal static class ServerRun
{
    /// <param name="create">Creates the server.</param>
    /// <param name="addresses">The settings that have its addresses, as a part of a sentence.</param>
    /// <param name="error">Gets the reasons of a failure, one line each.</param>
    /// <returns>0, or 1 when a setting is wrong or the start failed.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> create, string addresses, TextWriter error)
    {
        try
        {
            await using var app = create();
            await app.RunAsync();
            return 0;
        }
        catch (Exception failure) when (Problems(failure, addresses) is { } problems)
        {
            foreach (var problem in problems)
                await error.WriteLineAsync(problem);
            return 1;
        }
    }

    // Problems that an operator can fix: a file that is not JSON, a value that is not a number, a wrong setting, an address in use.
    private static IEnumerable<string>? Problems(Exception failure, string addresses) => failure switch
    {
        AggregateException several => several.InnerExceptions.SelectMany(inner => Problems(inner, addresses) ?? [inner.Message]),
        OptionsValidationException wrong => wrong.Failures,
        IOException or InvalidDataException or FormatException => [failure.Message],
        SocketException => [$"{addresses} has an address that can't be listened on: {failure.Message}."],
        _ when SettingsRegistration.IsWrongValue(failure) => [failure.Message],
        _ => null,
    };
}
