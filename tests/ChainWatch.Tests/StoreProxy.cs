using System.Reflection;

namespace ChainWatch.Tests;

/// <summary>A store in front of which a test can stand: it sees every call before the store does.</summary>
public class StoreProxy : DispatchProxy
{
    private IWatchStore? _inner;
    private Action<string, object?[]>? _before;
    private Func<CommitBatch, Task>? _holdCommit;

    /// <summary>A store whose commits wait for what a test says, before the store sees them.</summary>
    public static IWatchStore Holding(IWatchStore inner, Func<CommitBatch, Task> holdCommit)
    {
        IWatchStore proxy = Before(inner, static (_, _) => { });
        ((StoreProxy)(object)proxy)._holdCommit = holdCommit;
        return proxy;
    }

    public static IWatchStore Before(IWatchStore inner, Action<string, object?[]> before)
    {
        IWatchStore proxy = Create<IWatchStore, StoreProxy>();
        ((StoreProxy)(object)proxy)._inner = inner;
        ((StoreProxy)(object)proxy)._before = before;
        return proxy;
    }

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
    {
        _before!(targetMethod!.Name, args!);
        if (_holdCommit is not null && targetMethod.Name == nameof(IWatchStore.CommitAsync))
        {
            return new ValueTask<CommitResult>(CommitAsync((CommitBatch)args![0]!, (CancellationToken)args[1]!));
        }

        try
        {
            return targetMethod.Invoke(_inner, args);
        }
        catch (TargetInvocationException exception) when (exception.InnerException is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(exception.InnerException);
            throw;
        }
    }

    private async Task<CommitResult> CommitAsync(CommitBatch batch, CancellationToken cancellationToken)
    {
        await _holdCommit!(batch);
        return await _inner!.CommitAsync(batch, cancellationToken);
    }
}
