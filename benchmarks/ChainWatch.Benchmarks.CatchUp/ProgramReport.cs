using System.Diagnostics;
using System.Globalization;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>What a program says about itself in its last line.</summary>
/// <param name="FirstBlock">The <see cref="Stopwatch"/> timestamp at which its first block was committed: one clock for all processes of a machine.</param>
/// <param name="Megabytes">The most memory that it had in use.</param>
/// <param name="ProcessorSeconds">The processor time that it used.</param>
internal readonly record struct ProgramReport(long FirstBlock, double Megabytes, double ProcessorSeconds)
{
    public static ProgramReport Of(long firstBlock)
    {
        using var process = Process.GetCurrentProcess();
        return new ProgramReport(firstBlock, PeakMemory.Megabytes(), process.TotalProcessorTime.TotalSeconds);
    }

    public static ProgramReport Parse(string line)
    {
        var parts = line.Split(' ');
        return new ProgramReport(long.Parse(parts[0], CultureInfo.InvariantCulture), double.Parse(parts[1], CultureInfo.InvariantCulture), double.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{FirstBlock} {Megabytes:f1} {ProcessorSeconds:f2}");
}
