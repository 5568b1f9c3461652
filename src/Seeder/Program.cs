using Portico.Infrastructure.Hosting;
using Portico.Seeder;

return await ConsoleProgram.RunAsync(ending => SeederApp.RunAsync(args, configuration: null, Console.Out, Console.Error, ending));
