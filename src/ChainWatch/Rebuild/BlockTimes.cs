using System.Globalization;

namespace ChainWatch;

/// <summary>Finds blocks by their time.</summary>
public static class BlockTimes
{
    /// <summary>How far a block's time may be off: where miners write it (Bitcoin), it may lie up to two hours ahead, and need not grow from block to block.</summary>
    public static TimeSpan Tolerance { get; } = TimeSpan.FromHours(2);

    /// <summary>The height from which a chain must be read so that no block of a time or later is left out: found by bisection, in about as many questions as the head's height has binary digits.</summary>
    /// <param name="reader">The chain.</param>
    /// <param name="time">The time.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>A height, at most the head's; blocks before it are more than <see cref="Tolerance"/> older than the time.</returns>
    /// <exception cref="ChainWatchException">The chain's endpoints do not tell a block's time.</exception>
    public static async ValueTask<long> FindHeightAsync(IBlockReader reader, DateTimeOffset time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Answer<ChainTip> tip = await reader.ReadTipAsync(cancellationToken);
        if (!tip.IsFound)
        {
            throw new ChainWatchException($"The head of the chain could not be read: {tip.Reason ?? "its endpoints do not know it"}.");
        }

        long low = 0;
        long high = tip.Value.Head.Height;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            if (await ReadTimeAsync(reader, middle, cancellationToken) < time - Tolerance)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private static async ValueTask<DateTimeOffset> ReadTimeAsync(IBlockReader reader, long height, CancellationToken cancellationToken)
    {
        Answer<BlockHeader> answer = await reader.ReadHeaderAtAsync(height, cancellationToken);
        if (!answer.IsFound || answer.Value.Timestamp == default)
        {
            throw new ChainWatchException(string.Create(
                CultureInfo.InvariantCulture, $"The time of block {height} could not be read: {answer.Reason ?? "its endpoints do not tell it"}. Name the height instead of a time."));
        }

        return answer.Value.Timestamp;
    }
}
