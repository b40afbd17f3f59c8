using System.Globalization;

namespace ChainWatch.Benchmarks;

/// <summary>One reading of a chain: how long it took, and how long each side could only wait for the other.</summary>
/// <param name="Name">Who read.</param>
/// <param name="Blocks">How many blocks.</param>
/// <param name="Took">How long it took.</param>
/// <param name="ReaderWaited">How long the reader waited for an answer; <see langword="null"/> where it does nothing else.</param>
/// <param name="ServerIdle">How long the server had no request to answer.</param>
/// <param name="ServerStuck">How long the server had an answer that nobody took from it; <see langword="null"/> where that cannot be seen.</param>
/// <param name="Processor">The processor time of this process meanwhile, which a busy machine blurs less than the clock.</param>
internal sealed record WaitRow(string Name, int Blocks, TimeSpan Took, TimeSpan? ReaderWaited, TimeSpan ServerIdle, TimeSpan? ServerStuck, TimeSpan Processor)
{
    private double Rate => Blocks / Took.TotalSeconds;

    /// <summary>Several readings in a row.</summary>
    public static WaitRow operator +(WaitRow one, WaitRow other) =>
        new(one.Name, one.Blocks + other.Blocks, one.Took + other.Took, one.ReaderWaited + other.ReaderWaited, one.ServerIdle + other.ServerIdle, one.ServerStuck + other.ServerStuck, one.Processor + other.Processor);

    /// <summary>The line that <c>benchmarks/run.sh</c> collects.</summary>
    public string ToLine(string chain, WaitRow bound) => string.Create(
        CultureInfo.InvariantCulture,
        $"Waits {chain},{Name}{(ReaderWaited is { } waited ? $",reader-waited={Share(waited)}" : "")},server-without-request={Share(ServerIdle)}{(ServerStuck is { } stuck ? $",server-not-read={Share(stuck)}" : "")},processor={Processor.TotalMicroseconds / Blocks:f0}us/block bound={bound.Rate:f0}/s ours={Rate:f0}/s ratio={Rate / bound.Rate:f2} target=-");

    private string Share(TimeSpan part) => string.Create(CultureInfo.InvariantCulture, $"{100 * part / Took:f0}%");
}
