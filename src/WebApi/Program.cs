using Portico.WebApi;

return await WebApiHost.RunAsync(args, Console.Error);
