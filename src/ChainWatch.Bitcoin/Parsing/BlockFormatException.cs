namespace ChainWatch.Bitcoin;

/// <summary>Bytes are not a block or transaction. The message says what is wrong, and holds nothing of the bytes.</summary>
internal sealed class BlockFormatException(string message) : Exception(message);
