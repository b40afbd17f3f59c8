namespace ChainWatch.Cardano;

/// <summary>A message is not of the shape that the protocol gives it.</summary>
internal sealed class CardanoFormatException(string message) : Exception(message);
