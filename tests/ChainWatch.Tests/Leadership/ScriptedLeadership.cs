namespace ChainWatch.Tests;

internal sealed class ScriptedLeadership(string scope, long term, long storeTerm) : Leadership
{
    private readonly CancellationTokenSource _handOver = new();
    private readonly CancellationTokenSource _lost = new();

    public bool IsDisposed { get; private set; }

    public override string Scope => scope;

    public override long Term => term;

    public override long StoreTerm => storeTerm;

    public override CancellationToken Lost => _lost.Token;

    public override CancellationToken HandOver => _handOver.Token;

    public void AskFor() => _handOver.Cancel();

    public void Lose() => _lost.Cancel();

    public override ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
