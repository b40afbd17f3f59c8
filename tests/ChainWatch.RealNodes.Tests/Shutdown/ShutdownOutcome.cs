namespace ChainWatch.RealNodes.Tests;

/// <summary>How a process ended that was told to.</summary>
/// <param name="ExitCode">Its exit code.</param>
/// <param name="Took">How long it took from the signal.</param>
/// <param name="NextLeaderAfter">When the next leader had taken over, from the signal on, by the leadership table; <see langword="null"/> where there was none to be.</param>
/// <param name="Output">What it wrote.</param>
internal sealed record ShutdownOutcome(int ExitCode, TimeSpan Took, TimeSpan? NextLeaderAfter, string Output);
