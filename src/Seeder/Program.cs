using System.Runtime.InteropServices;
using Portico.Seeder;

using var ending = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
return await SeederApp.RunAsync(args, configuration: null, Console.Out, Console.Error, ending.Token);

void End(PosixSignalContext signal)
{
    // The first asks for an orderly end, a second one ends at once.
    signal.Cancel = !ending.IsCancellationRequested;
    ending.Cancel();
}
