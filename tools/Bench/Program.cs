using BenchmarkDotNet.Running;
using Portico.Bench;

// Without arguments BenchmarkSwitcher asks which benchmarks to run; a script wants all of them.
return BenchmarkSwitcher.FromAssembly(typeof(BenchConfig).Assembly)
    .Run(args.Length == 0 ? ["--filter", "*"] : args, new BenchConfig())
    .Any(summary => summary.HasCriticalValidationErrors || summary.Reports.Any(report => !report.Success))
        ? 1
        : 0;
