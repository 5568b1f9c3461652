using Portico.Infrastructure.Hosting;
using Portico.Migrator;

return await ConsoleProgram.RunAsync(ending => MigratorApp.RunAsync(args, configuration: null, Console.Out, Console.Error, ending));
