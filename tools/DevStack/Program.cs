using System.Runtime.InteropServices;
using Portico.DevStack;

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    // The second Ctrl-C ends this process at once; the guards stop the rest.
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

try
{
    return args switch
    {
        ["run", var root] => await new RunCommand(new RunFolder(root), isVerbose: false, stop.Token).RunAsync(),
        ["run", var root, "--verbose"] => await new RunCommand(new RunFolder(root), isVerbose: true, stop.Token).RunAsync(),
        ["down", var root] => await DownCommand.RunAsync(new RunFolder(root), stop.Token),
        ["stack"] => await StackCommand.RunAsync(stop.Token),
        _ => throw new LocalStackException("Usage: Portico.DevStack run CHECKOUT [--verbose] | down CHECKOUT | stack"),
    };
}
catch (LocalStackException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 0;
}
