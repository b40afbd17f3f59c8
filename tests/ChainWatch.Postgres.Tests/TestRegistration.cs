namespace ChainWatch.Postgres.Tests;

/// <summary>Registrations of chains that nobody follows: for what only asks who a chain is.</summary>
internal static class TestRegistration
{
    public static ChainRegistration Of(Chain chain) => new()
    {
        Chain = chain,
        Status = new ChainStatus(chain, TimeProvider.System),
        Options = new Testing.SimulatedChainOptions(),
        Confirmation = new ConfirmationPolicy(Confirmation.Blocks(3)),
        CreateSource = static () => throw new InvalidOperationException("Nobody follows this chain."),
    };
}
