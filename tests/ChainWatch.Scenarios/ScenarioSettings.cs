namespace ChainWatch.Simulation;

/// <summary>How a scenario's engine is configured.</summary>
internal sealed class ScenarioSettings
{
    public required PolledSourceOptions Source { get; init; }

    public required FollowerOptions Follower { get; init; }

    public required DeliveryOptions Delivery { get; init; }

    public required ConfirmationPolicy Policy { get; init; }

    public required long? StartHeight { get; init; }
}
