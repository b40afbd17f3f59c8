namespace ChainWatch.RealNodes.Tests;

/// <summary>Harms a program under test from within, at the moment that the test chooses: see <see cref="StartupHook"/>.</summary>
internal sealed class Harm : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"chainwatch-harm-{Guid.NewGuid():N}");

    /// <summary>The variables that the program has to be started with.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["DOTNET_STARTUP_HOOKS"] = typeof(StartupHook).Assembly.Location,
        [StartupHook.FileVariable] = _file,
    };

    public void Do(string what) => File.WriteAllText(_file, what);

    public void Dispose() => File.Delete(_file);
}
