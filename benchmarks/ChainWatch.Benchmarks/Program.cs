using BenchmarkDotNet.Running;

// The default job only: BenchmarkDotNet 0.14 knows no moniker of this runtime, and needs none.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
