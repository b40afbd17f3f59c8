using System.Reflection;

namespace ChainWatch.Tests;

/// <summary>A store that is not the one in memory, as far as a host can see: it hands everything on.</summary>
public class SharedStore : DispatchProxy
{
    private IWatchStore? _inner;

    public static IWatchStore Of(IWatchStore inner)
    {
        IWatchStore store = Create<IWatchStore, SharedStore>();
        ((SharedStore)(object)store)._inner = inner;
        return store;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) => targetMethod!.Invoke(_inner, args);
}
