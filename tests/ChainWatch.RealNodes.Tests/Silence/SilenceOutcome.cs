namespace ChainWatch.RealNodes.Tests;

/// <summary>What became of a case of silence.</summary>
/// <param name="JudgedAfter">How long after the last life the verdict stood in the health answer; <see langword="null"/> where there was none.</param>
/// <param name="Verdict">The verdict's word.</param>
/// <param name="Reason">Its reason.</param>
/// <param name="EndedAfter">How long after the last life the process had ended; <see langword="null"/> where it went on.</param>
/// <param name="ExitCode">With which exit code.</param>
/// <param name="Output">What it wrote.</param>
internal sealed record SilenceOutcome(TimeSpan? JudgedAfter, string Verdict, string Reason, TimeSpan? EndedAfter, int ExitCode, string Output);
