using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;

namespace ChainWatch.Cardano;

/// <summary>Tells a chain by Ogmios's chain-sync, whose steps are blocks and rollbacks already. What it adds is doubt: see <see cref="CardanoSession"/>.</summary>
internal sealed class CardanoChainSource : IChainSource
{
    private readonly EndpointPool<OgmiosEndpoint> _pool;
    private readonly WatchPlan _plan;
    private readonly SeenPoints _seen;
    private readonly CardanoSourceOptions _options;
    private readonly ChainStatus _status;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    public CardanoChainSource(EndpointPool<OgmiosEndpoint> pool, WatchPlan plan, SeenPoints seen, CardanoSourceOptions options, ChainStatus status, TimeProvider time, ILogger logger)
    {
        _pool = pool;
        _plan = plan;
        _seen = seen;
        _options = options;
        _status = status;
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChainUpdate> ReadAsync(SourceRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        using CardanoSession session = new(_pool, _plan, _seen, _options, _status, _time, _logger, request);
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            while (session.TryTake(out ChainUpdate? update))
            {
                yield return update;
            }

            await session.StepAsync(cancellationToken);
        }
    }
}
