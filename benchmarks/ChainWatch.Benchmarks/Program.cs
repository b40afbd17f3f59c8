using BenchmarkDotNet.Running;
using ChainWatch.Benchmarks;

// The default job only: BenchmarkDotNet 0.14 knows no moniker of this runtime, and needs none.
foreach (var summary in BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args))
{
    foreach (var line in TargetLines.Of(summary))
    {
        Console.WriteLine(line);
    }
}
