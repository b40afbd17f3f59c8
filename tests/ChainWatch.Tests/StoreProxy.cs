using System.Reflection;

namespace ChainWatch.Tests;

/// <summary>A store in front of which a test can stand: it sees every call before the store does.</summary>
public class StoreProxy : DispatchProxy
{
    private IWatchStore? _inner;
    private Action<string, object?[]>? _before;

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
}
