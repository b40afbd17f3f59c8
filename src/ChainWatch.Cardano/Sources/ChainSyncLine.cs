using System.Globalization;
using System.Text.Json;
using System.Threading.Channels;

namespace ChainWatch.Cardano;

/// <summary>A connection that reads a chain, with what is under way on it.</summary>
internal sealed class ChainSyncLine : IDisposable
{
    private long _blockBytes;
    private TimeSpan _waiting;

    public ChainSyncLine(OgmiosEndpoint endpoint, OgmiosConnection connection)
    {
        Endpoint = endpoint;
        Connection = connection;
    }

    public OgmiosEndpoint Endpoint { get; }

    public OgmiosConnection Connection { get; }

    /// <summary>How many blocks were asked for that were not taken yet.</summary>
    public int UnderWay { get; private set; }

    /// <summary>How often in a row the node had gone on, and no block came.</summary>
    public int Stuck { get; set; }

    /// <summary>How long the step that was taken last was waited for.</summary>
    public TimeSpan Waited { get; private set; }

    /// <summary>Reads the end of a server's chain with its height, which no query has; <see langword="null"/> where it is empty.</summary>
    public static async ValueTask<ChainPoint?> ReadTipAsync(OgmiosEndpoint endpoint, OgmiosConnection connection, CancellationToken cancellationToken)
    {
        using OgmiosMessage answer = await endpoint.AskAsync(connection, "findIntersection", """{"points":["origin"]}""", cancellationToken);
        return endpoint.Read(answer, static result => ReadTip(result));
    }

    /// <summary>Reads the member <c>tip</c> of an answer.</summary>
    public static ChainPoint? ReadTip(JsonElement holder)
    {
        JsonElement tip = holder.GetProperty("tip");
        return tip.ValueKind == JsonValueKind.Object
            ? new ChainPoint(tip.GetProperty("height").GetInt64(), Hash256.Parse(tip.GetProperty("id").GetString())) { Slot = tip.GetProperty("slot").GetInt64() }
            : null;
    }

    /// <summary>Reads a point, or <c>"origin"</c>.</summary>
    public static CardanoPoint ReadPoint(JsonElement point) =>
        point.ValueKind == JsonValueKind.Object
            ? new CardanoPoint(point.GetProperty("slot").GetInt64(), Hash256.Parse(point.GetProperty("id").GetString()))
            : string.Equals(point.GetString(), "origin", StringComparison.Ordinal) ? CardanoPoint.Origin : throw new FormatException("no point");

    /// <summary>Asks for more blocks, so that as many are under way as wanted; not for single ones, which would cost as much each.</summary>
    public async ValueTask TopUpAsync(long wanted, long prefetchBytes, CancellationToken cancellationToken)
    {
        wanted = _blockBytes == 0 ? wanted : Math.Min(wanted, Math.Max(1, prefetchBytes / _blockBytes));
        int missing = (int)Math.Max(0, wanted - UnderWay);
        if (missing > 0 && (UnderWay == 0 || missing >= wanted / 4))
        {
            UnderWay += missing;
            await Connection.AskBlocksAsync(missing, cancellationToken);
        }
    }

    /// <summary>Takes the next step of the chain.</summary>
    /// <returns><see langword="null"/> where none came in time.</returns>
    /// <exception cref="EndpointException">The connection ended.</exception>
    public async ValueTask<OgmiosMessage?> TakeAsync(TimeSpan within, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!Connection.Blocks.TryRead(out OgmiosMessage? message))
        {
            using CancellationTokenSource limit = new(within, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            long started = time.GetTimestamp();
            try
            {
                message = await Connection.Blocks.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return null;
            }
            catch (ChannelClosedException exception) when (exception.InnerException is EndpointException ended)
            {
                throw new EndpointException(ended.Error, exception);
            }
            finally
            {
                _waiting += time.GetElapsedTime(started);
            }
        }

        (Waited, _waiting) = (_waiting, TimeSpan.Zero);
        UnderWay--;
        Stuck = 0;
        _blockBytes = _blockBytes == 0 ? message.Length : ((_blockBytes * 7) + message.Length) / 8;
        return message;
    }

    public void Dispose() => Connection.Dispose();

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Endpoint.Name} ({UnderWay} under way)");
}
