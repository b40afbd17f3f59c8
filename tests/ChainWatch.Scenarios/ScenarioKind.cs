namespace ChainWatch.Simulation;

/// <summary>What a scenario may do.</summary>
internal enum ScenarioKind
{
    /// <summary>All that chains, endpoints, applications, databases and operators do.</summary>
    Everything,

    /// <summary>The canonical chain only grows; endpoints lag, flap and lie by omission. Nothing may ever be retracted.</summary>
    FaultsOnly,
}
