using System.Collections.Concurrent;
using ChainWatch.TestInfrastructure;

namespace ChainWatch.RealNodes.Tests;

/// <summary>All cases of silence, side by side: each of them is mostly waiting.</summary>
public sealed class SilenceCases : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Task<SilenceOutcome>> _outcomes = new(StringComparer.Ordinal);
    private PostgresServer? _postgres;

    internal Task<SilenceOutcome> OfAsync(string name) => _outcomes[name];

    public async ValueTask InitializeAsync()
    {
        _postgres = await PostgresServer.StartNewAsync();
        _outcomes["mute"] = WithNodeAsync(MuteAsync);
        _outcomes["frozen"] = WithNodeAsync(FrozenAsync);
        _outcomes["half_open"] = WithNodeAsync(HalfOpenAsync);
        _outcomes["flapping"] = WithNodeAsync(FlappingAsync);
        _outcomes["stalled"] = WithNodeAsync(StalledAsync);
        _outcomes["on_demand"] = WithNodeAsync(OnDemandAsync);
        _outcomes["left_behind"] = WithNodeAsync(LeftBehindAsync);
        _outcomes["wrong_chain"] = WithNodeAsync(WrongChainAsync);
        _outcomes["starved"] = WithNodeAsync(StarvedAsync);
    }

    public async ValueTask DisposeAsync()
    {
        // A case that failed has told so to its test.
        await Task.WhenAny(Task.WhenAll(_outcomes.Values));
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }

    /// <summary>Runs a case before a node of its own. A node that ended by itself meanwhile says nothing about the monitor: then it is run once more.</summary>
    private static async Task<SilenceOutcome> WithNodeAsync(Func<EthereumNode, Task<SilenceOutcome>> run)
    {
        try
        {
            await using var node = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
            try
            {
                return await run(node);
            }
            catch (Exception exception) when (node.Process.HasExited)
            {
                throw new NodeEndedException($"The node ended by itself with exit code {node.Process.ExitCode}: {node.Process.Output}", exception);
            }
        }
        catch (NodeEndedException exception)
        {
            await Console.Error.WriteLineAsync(exception.ToString());
            await using var another = await EthereumNode.StartAsync(EthereumNodeKind.Anvil);
            return await run(another);
        }
    }

    private async Task<SilenceOutcome> MuteAsync(EthereumNode node)
    {
        await using var front = new NodeFront(node);
        await using var one = await SilenceCase.StartAsync(_postgres!, "mute", node, [(front.Url, front.WebSocketUrl)]);
        await one.BeHealthyAsync(subscriptions: 2);
        await front.PushedAsync();
        front.IsMute = true;
        one.FallSilent();
        return await SeeToTheEndAsync(one);
    }

    private async Task<SilenceOutcome> FrozenAsync(EthereumNode node)
    {
        await using var one = await SilenceCase.StartAsync(_postgres!, "frozen", node, [(node.Url, node.WebSocketUrl)]);
        await one.BeHealthyAsync(subscriptions: 2);
        await one.StopMiningAsync();
        one.FallSilent();
        node.Process.Signal("STOP");
        try
        {
            return await SeeToTheEndAsync(one);
        }
        finally
        {
            node.Process.Signal("CONT");
        }
    }

    private async Task<SilenceOutcome> HalfOpenAsync(EthereumNode node)
    {
        await using var front = new NodeFront(node);
        await using var link = new HalfOpenLink(front.Url);
        await using var one = await SilenceCase.StartAsync(_postgres!, "half_open", node, [(link.Url, link.WebSocketUrl)]);
        await one.BeHealthyAsync(subscriptions: 2);
        await front.PushedAsync();
        link.Break();
        one.FallSilent();
        return await SeeToTheEndAsync(one);
    }

    private async Task<SilenceOutcome> FlappingAsync(EthereumNode node)
    {
        await using var front = new NodeFront(node);
        await using var one = await SilenceCase.StartAsync(_postgres!, "flapping", node, [(front.Url, null)]);
        await one.BeHealthyAsync(subscriptions: 1);
        await one.StopMiningAsync();
        front.GoesBackAndForth = true;
        one.FallSilent();
        return await SeeToTheEndAsync(one);
    }

    private async Task<SilenceOutcome> StalledAsync(EthereumNode node)
    {
        await using var one = new NodeFront(node);
        await using var other = new NodeFront(node);
        await using var silence = await SilenceCase.StartAsync(_postgres!, "stalled", node, [(one.Url, one.WebSocketUrl), (other.Url, null)]);
        await silence.BeHealthyAsync(subscriptions: 2);
        await silence.StopMiningAsync();
        silence.FallSilent();
        return await SeeToTheEndAsync(silence);
    }

    /// <summary>A chain that has nothing to say for longer than any timeout, and then a block.</summary>
    private async Task<SilenceOutcome> OnDemandAsync(EthereumNode node)
    {
        await using var one = await SilenceCase.StartAsync(_postgres!, "on_demand", node, [(node.Url, node.WebSocketUrl)], (":BlockTime", "00:00:00"));
        await one.BeHealthyAsync(subscriptions: 2);
        await one.StopMiningAsync();
        one.FallSilent();
        return await GoesOnAsync(one, SilenceCase.CriticalTimeout + SilenceCase.EventTimeout);
    }

    /// <summary>The endpoint that is asked first stays where it is, while the chain goes on: the other one is to be asked instead, before anything is called failing.</summary>
    private async Task<SilenceOutcome> LeftBehindAsync(EthereumNode node)
    {
        await using var behind = new NodeFront(node);
        await using var ahead = new NodeFront(node);
        await using var one = await SilenceCase.StartAsync(_postgres!, "left_behind", node, [(behind.Url, null), (ahead.Url, null)]);
        await one.BeHealthyAsync(subscriptions: 1);
        behind.StaysAt = (long)Quantity.Read(await node.Rpc.CallAsync("eth_blockNumber"));
        one.FallSilent();
        return await GoesOnAsync(one, SilenceCase.CriticalTimeout);
    }

    private async Task<SilenceOutcome> WrongChainAsync(EthereumNode node)
    {
        await using var other = new NodeFront(node);
        await using var one = await SilenceCase.StartAsync(_postgres!, "wrong_chain", node, [(node.Url, null), (other.Url, null)], (":ChainId", "1"));
        one.FallSilent();
        var (after, code) = await one.EndedAsync();
        return new SilenceOutcome(null, "", "", after, code, one.Monitor.Output);
    }

    /// <summary>
    /// Its health answers need the thread pool themselves: what is left to it is standard error and the exit code. It loses the chain long before it may be called silent, as it
    /// does under every lease that is shorter than the timeouts: then it has no feed any more, and must end itself all the same.
    /// </summary>
    private async Task<SilenceOutcome> StarvedAsync(EthereumNode node)
    {
        using var harm = new Harm();
        await using var one = await SilenceCase.StartAsync(
            _postgres!,
            "starved",
            node,
            [(node.Url, node.WebSocketUrl)],
            [("ChainWatch:FailFast:ExitTimeout", "00:00:01"), ("ChainWatch:Leadership:TimeToLive", "00:00:02"), .. harm.Environment.Select(static variable => (variable.Key, variable.Value))]);
        await one.BeHealthyAsync(subscriptions: 2);
        harm.Do(StartupHook.Starve);
        one.FallSilent();
        var (ended, code) = await one.EndedAsync();
        return new SilenceOutcome(null, "", "", ended, code, one.Monitor.Output);
    }

    private static async Task<SilenceOutcome> SeeToTheEndAsync(SilenceCase one)
    {
        var (judged, verdict, reason) = await one.JudgedAsync();
        var (ended, code) = await one.EndedAsync();
        return new SilenceOutcome(judged, verdict, reason, ended, code, one.Monitor.Output);
    }

    /// <summary>Watches a case for a time: it must not be called failing in it. Then it must still take a block.</summary>
    private static async Task<SilenceOutcome> GoesOnAsync(SilenceCase one, TimeSpan time)
    {
        var began = System.Diagnostics.Stopwatch.GetTimestamp();
        while (System.Diagnostics.Stopwatch.GetElapsedTime(began) < time)
        {
            var (status, health) = await one.AskAsync("/health");
            if (status != 200)
            {
                var chain = health["chains"]!["ethereum"]!;
                return new SilenceOutcome(System.Diagnostics.Stopwatch.GetElapsedTime(began), chain["verdict"]?.GetValue<string>() ?? "", chain["reason"]?.GetValue<string>() ?? "", null, -1, one.Monitor.Output);
            }

            await Task.Delay(100);
        }

        await one.StopMiningAsync();
        await one.Node.MineAsync();
        var head = (long)Quantity.Read(await one.Node.Rpc.CallAsync("eth_blockNumber"));
        await Eventually.BecomesTrueAsync(
            async _ => (await one.AskAsync("/health/ready")).Body["chains"]!["ethereum"]!["syncedTo"]!.GetValue<long>() >= head,
            TimeSpan.FromSeconds(20),
            () => one.Monitor.LastLines);
        return new SilenceOutcome(null, "", "", null, await one.Monitor.StopAsync(), one.Monitor.Output);
    }
}
