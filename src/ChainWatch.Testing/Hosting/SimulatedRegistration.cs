namespace ChainWatch.Testing;

/// <summary>Makes the registration of a simulated chain without a host, for tests that put the engine together by hand.</summary>
public static class SimulatedRegistration
{
    /// <summary>Makes the registration.</summary>
    /// <param name="chain">The chain.</param>
    /// <param name="reader">What reads it.</param>
    /// <param name="options">How it is followed.</param>
    /// <param name="confirmation">When its payments are confirmed.</param>
    /// <param name="status">Where its state is written.</param>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="adjust">Changes how the source reads, in what the options do not say.</param>
    public static ChainRegistration Create(
        SimulatedChain chain,
        IBlockReader reader,
        SimulatedChainOptions options,
        ConfirmationPolicy confirmation,
        ChainStatus status,
        TimeProvider timeProvider,
        Func<PolledSourceOptions, PolledSourceOptions>? adjust = null)
    {
        ArgumentNullException.ThrowIfNull(chain);
        ArgumentNullException.ThrowIfNull(options);
        TimeSpan blockTime = options.BlockTime ?? chain.Chain.BlockTime;
        PolledSourceOptions reading = new()
        {
            PollInterval = options.PollInterval ?? TimeSpan.FromMilliseconds(Math.Clamp(blockTime.TotalMilliseconds / 4, 100, 5000)),
            FinalityDepth = options.FinalityDepth ?? 64,
            TrustMarks = options.Reader.HasMarks,
            BatchSize = options.BatchSize,
            Parallelism = options.Parallelism,
            PrefetchBytes = options.PrefetchBytes,
        };
        reading = adjust?.Invoke(reading) ?? reading;
        return new ChainRegistration
        {
            Chain = chain.Chain,
            Status = status,
            Options = options,
            Confirmation = confirmation,
            StartHeight = options.GetStartHeight(),
            CreateSource = () => new PolledChainSource(chain.Chain, reader, reading, status, timeProvider),
            Reader = reader,
        };
    }
}
