using System.Reflection;

namespace ChainWatch.Tests;

/// <summary>A store of which only the pages of a watchlist are asked for, as a test hands them out.</summary>
public class PagedWatchlist : DispatchProxy
{
    private Func<long, CancellationToken, Task<WatchChanges>>? _page;

    public static IWatchStore Create(Func<long, CancellationToken, Task<WatchChanges>> page)
    {
        IWatchStore store = Create<IWatchStore, PagedWatchlist>();
        ((PagedWatchlist)(object)store)._page = page;
        return store;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod!.Name == nameof(IWatchStore.ReadWatchChangesAsync)
            ? new ValueTask<WatchChanges>(_page!((long)args![1]!, (CancellationToken)args[3]!))
            : throw new NotSupportedException(targetMethod.Name);
}
