namespace ChainWatch.Simulation;

/// <summary>
/// Collects what is wrong. It is kept rather than thrown, since the engine survives exceptions from its store and source, as it should, and would hide it.
/// </summary>
internal sealed class Verdict
{
    public string? Fault { get; private set; }

    public void Check(bool holds, Func<string> what)
    {
        if (!holds)
        {
            Fault ??= what();
        }
    }

    public void Fail(string what) => Fault ??= what;

    public void ThrowIfAny()
    {
        if (Fault is not null)
        {
            throw new ScenarioFailedException(Fault);
        }
    }
}
