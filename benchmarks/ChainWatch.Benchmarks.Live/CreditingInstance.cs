namespace ChainWatch.Benchmarks.Live;

/// <summary>Which of the instances this process is.</summary>
internal sealed record CreditingInstance(int Number);
