using System.Globalization;
using BenchmarkDotNet.Running;
using ChainWatch.Benchmarks;

// What the readers of a chain and its server wait for is no matter of a method's time.
if (args is ["waits", var chain, ..])
{
    int Number(int index, int otherwise) => args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : otherwise;
    await (chain == "bitcoin" ? BitcoinWaits.RunAsync(Number(2, 300), Number(3, 3)) : CardanoWaits.RunAsync(Number(2, 2_000), Number(3, 3), only: args.ElementAtOrDefault(4)));
    return;
}

// The default job only: BenchmarkDotNet 0.14 knows no moniker of this runtime, and needs none.
foreach (var summary in BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args))
{
    foreach (var line in TargetLines.Of(summary))
    {
        Console.WriteLine(line);
    }
}
