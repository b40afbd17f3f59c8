namespace ChainWatch.Simulation;

/// <summary>The engine did something that the rules do not allow.</summary>
internal sealed class ScenarioFailedException(string message) : Exception(message);
