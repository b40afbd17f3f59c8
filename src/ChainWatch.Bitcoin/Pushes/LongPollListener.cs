using System.Globalization;

namespace ChainWatch.Bitcoin;

/// <summary>Asks a node to answer when it has a new block (<c>waitfornewblock</c>). Each question takes one of the node's RPC threads while it lasts, so there is one at a time.</summary>
internal sealed class LongPollListener(EndpointPool<BitcoinEndpoint> pool, TimeSpan longestWait, TimeProvider time) : ITipListener
{
    public string Name => "waitfornewblock";

    public async Task ListenAsync(Action<ChainPoint?> announce, CancellationToken cancellationToken)
    {
        HashSet<BitcoinEndpoint> without = [];
        string question = string.Create(CultureInfo.InvariantCulture, $"[{(long)longestWait.TotalMilliseconds}]");
        Hash256? last = null;
        while (true)
        {
            EndpointStanding[] standings = [.. pool.ReadStandings()];
            BitcoinEndpoint? endpoint = pool.Endpoints
                .Where(one => !without.Contains(one))
                .OrderBy(one => Array.FindIndex(standings, standing => string.Equals(standing.Name, one.Name, StringComparison.Ordinal)))
                .FirstOrDefault();
            if (endpoint is null)
            {
                // None of the nodes has it: the chain is polled.
                await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken);
            }

            ChainPoint point;
            try
            {
                using JsonRpcReplies replies = await endpoint!.Rpc.CallAsync("waitfornewblock", question, cancellationToken);
                point = AnswerReader.ReadPoint(endpoint, replies[0]);
            }
            catch (EndpointException exception) when (exception.Kind is EndpointErrorKind.Unsupported or EndpointErrorKind.ClientBug)
            {
                without.Add(endpoint!);
                continue;
            }

            // A wait that ran out is answered with the block that was the newest before.
            if (last is not null && point.Hash != last)
            {
                announce(point);
            }

            last = point.Hash;
        }
    }
}
