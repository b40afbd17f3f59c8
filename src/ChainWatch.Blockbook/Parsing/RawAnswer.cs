using System.Text;
using ChainWatch.Bitcoin;

namespace ChainWatch.Blockbook;

/// <summary>Reads the answer to <c>rawblock</c>, <c>{"hex":"…"}</c>, and proves the block by its own hash.</summary>
internal static class RawAnswer
{
    private static readonly byte[] Start = Encoding.ASCII.GetBytes("\"hex\"");

    /// <summary>Reads a block.</summary>
    /// <param name="data">The answer.</param>
    /// <param name="hash">The hash that it must have; <see langword="null"/> where it was asked for by its height.</param>
    /// <param name="height">The height that it must have; <see langword="null"/> where it was asked for by its hash.</param>
    /// <param name="plan">What is watched.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <returns>The block; <see langword="null"/> where it does not say its height, as blocks from before BIP-34 do not.</returns>
    /// <exception cref="AnswerFormatException">It is no block, or another one.</exception>
    public static BitcoinBlock? Read(ReadOnlySpan<byte> data, Hash256? hash, long? height, WatchPlan plan, string endpoint)
    {
        BitcoinNetwork network = plan.Coin.Network!;
        RawBlock? raw = null;
        try
        {
            raw = RawBlock.FromHex(ReadHex(data));
            Hash256 actual = hash ?? RawHeader.HashOf(raw.Bytes);
            BlockProof.Verify(raw.Bytes, actual, network.ExtensionBlocks, witness: true);
            if (CoinbaseHeight.Read(raw.Bytes, network.ExtensionBlocks) is not { } stated || stated < plan.Coin.RawBlocksFrom)
            {
                return null;
            }

            if (height is { } asked && stated != asked)
            {
                throw new AnswerFormatException(BlockCheck.BlockHash, $"it was asked for the block at height {asked} and answered that at {stated}");
            }

            BlockHeader header = new() { Point = new ChainPoint(stated, actual), ParentHash = RawHeader.ParentOf(raw.Bytes), Timestamp = RawHeader.TimeOf(raw.Bytes) };
            BitcoinBlock block = new(header, endpoint, raw, plan.Native!, network.ExtensionBlocks);
            raw = null;
            return block;
        }
        catch (BlockProofException exception)
        {
            throw new AnswerFormatException(exception.Check, exception.Message);
        }
        catch (BlockFormatException exception)
        {
            throw new AnswerFormatException(BlockCheck.Format, exception.Message);
        }
        finally
        {
            raw?.Dispose();
        }
    }

    private static ReadOnlySpan<byte> ReadHex(ReadOnlySpan<byte> data)
    {
        int at = data[..Math.Min(data.Length, 64)].IndexOf(Start);
        ReadOnlySpan<byte> value = at < 0 ? default : data[(at + Start.Length)..].Trim(" :}\r\n\t"u8);
        return value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : throw new AnswerFormatException(BlockCheck.Format, "it holds no hex");
    }
}
