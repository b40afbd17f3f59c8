namespace ChainWatch;

/// <summary>What is open at a place inside of a value that is passed over.</summary>
/// <param name="Depth">How many objects and arrays.</param>
/// <param name="Objects">Which of them are objects: one bit each, the innermost the lowest.</param>
internal readonly record struct JsonOpen(int Depth, ulong Objects);
