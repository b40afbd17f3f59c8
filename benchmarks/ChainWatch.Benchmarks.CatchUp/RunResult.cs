namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>How one program did.</summary>
internal sealed record RunResult(string Program, double Seconds, double FirstBlockSeconds, double ProcessorSeconds, double Megabytes, long Rows, ServerCounters Server, double PostgresSeconds);
