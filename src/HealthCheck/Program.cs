// The HEALTHCHECK of the images, which have neither a shell nor curl: dotnet Portico.HealthCheck.dll URL
// Exit code 0: the address answered with a status of 200 to 299 within 2 s. 1: it did not, and standard error says why. 2: wrong arguments.
if (args is not [var text] || !Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
{
    await Console.Error.WriteLineAsync("Usage: dotnet Portico.HealthCheck.dll URL");
    return 2;
}

using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false });
client.Timeout = TimeSpan.FromSeconds(2);
try
{
    using var answer = await client.GetAsync(address, HttpCompletionOption.ResponseHeadersRead);
    if (answer.IsSuccessStatusCode)
        return 0;
    await Console.Error.WriteLineAsync($"{address} answered {(int)answer.StatusCode}.");
}
catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException)
{
    await Console.Error.WriteLineAsync($"{address} did not answer: {failure.Message}");
}

return 1;
