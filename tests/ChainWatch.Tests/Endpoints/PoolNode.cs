using Microsoft.Extensions.Logging;

namespace ChainWatch.Tests;

/// <summary>An endpoint of a pool that stands and answers as a test says.</summary>
internal sealed class PoolNode : IPooledEndpoint
{
    private readonly TimeProvider _time;

    public PoolNode(string name, TimeProvider time, ILogger logger, IEndpointObserver observer)
    {
        _time = time;
        EndpointOptions options = new() { Url = "https://rpc.example.org/" };
        Client = new EndpointClient("chain", name, options, time, logger, observer, new EndpointTransport { Handler = new HttpClientHandler() });
    }

    public EndpointClient Client { get; }

    public long Head { get; set; } = 1000;

    /// <summary>Makes its blocks other ones than those of the other nodes.</summary>
    public byte Branch { get; set; }

    public TimeSpan Latency { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>What it fails with; nothing while it is well.</summary>
    public EndpointError? Error { get; set; }

    public bool OtherChain { get; set; }

    public int Looks { get; private set; }

    public int Reads { get; private set; }

    public int Connects { get; private set; }

    public int CutOff { get; private set; }

    public ValueTask ConnectAsync(CancellationToken cancellationToken)
    {
        Connects++;
        return OtherChain ? throw new EndpointRefusedException($"endpoint '{Client.Name}' serves chain 5, but 1 is wanted") : ValueTask.CompletedTask;
    }

    public async ValueTask<Answer<ChainTip>> ReadTipAsync(CancellationToken cancellationToken)
    {
        Looks++;
        await AnswerAsync(cancellationToken);
        Client.ReportHead(Head);
        return Answer<ChainTip>.Found(new ChainTip { Head = new ChainPoint(Head, HashOf(Head)) });
    }

    public async ValueTask<Answer<BlockHeader>> ReadHeaderAsync(long height, CancellationToken cancellationToken)
    {
        Reads++;
        await AnswerAsync(cancellationToken);
        return height > Head
            ? Answer<BlockHeader>.NotYet($"endpoint '{Client.Name}' is at height {Head}")
            : Answer<BlockHeader>.Found(new BlockHeader { Point = new ChainPoint(height, HashOf(height)), ParentHash = HashOf(height - 1), Timestamp = _time.GetUtcNow() });
    }

    private async Task AnswerAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Latency, _time, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            CutOff++;
            throw;
        }

        if (Error is not null)
        {
            throw new EndpointException(Error);
        }
    }

    private Hash256 HashOf(long height)
    {
        byte[] bytes = new byte[32];
        BitConverter.TryWriteBytes(bytes, height);
        bytes[31] = Branch;
        return new Hash256(bytes);
    }
}
