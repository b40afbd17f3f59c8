using System.Reflection;

namespace ChainWatch.Tests;

/// <summary>A store of which only the outbox can be asked, with an answer that the test gives.</summary>
public class StubStore : DispatchProxy
{
    public Func<Task<OutboxState>> Outbox { get; set; } = static () => Task.FromResult(default(OutboxState));

    public IWatchStore Store => (IWatchStore)(object)this;

    public static StubStore Create() => (StubStore)(object)Create<IWatchStore, StubStore>();

    protected override object? Invoke(MethodInfo? targetMethod, object?[]? args) =>
        targetMethod?.Name == nameof(IWatchStore.ReadOutboxAsync) ? new ValueTask<OutboxState>(Outbox()) : throw new NotSupportedException(targetMethod?.Name);
}
