namespace ChainWatch;

/// <summary>The chain replaced what was being compared: it is compared again from the start, and nothing is said about it.</summary>
internal sealed class ChainMovedException() : ChainWatchException("The chain moved while it was compared.");
