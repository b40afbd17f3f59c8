namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>A transfer as the bare program keeps it.</summary>
internal readonly record struct BareRow(byte[] Transaction, int LogIndex, long Height, byte[] Contract, byte[] From, byte[] To, decimal Amount);
