using System.Buffers.Binary;
using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>Reads the answers to <c>eth_getBlockByHash</c> and <c>eth_getBlockByNumber</c>.</summary>
internal static class BlockParser
{
    /// <summary>Where withdrawals stand in the order of a block's movements: after all transactions.</summary>
    private const int WithdrawalsFrom = 1_000_000_000;

    private static readonly UInt128 WeiPerGwei = 1_000_000_000;

    /// <summary>Reads a header, whatever else the answer holds.</summary>
    public static BlockHeader ReadHeader(ReadOnlySpan<byte> json, string endpoint)
    {
        using BlockData block = Read(json, endpoint, plan: null);
        return block.Header;
    }

    /// <summary>Reads a block: header, transactions, and, where they are watched, withdrawals.</summary>
    /// <param name="json">The block.</param>
    /// <param name="endpoint">The endpoint's name.</param>
    /// <param name="plan">What is watched; <see langword="null"/> for the header alone.</param>
    /// <param name="watched">The addresses whose movements are kept; <see langword="null"/> for all.</param>
    public static BlockData Read(ReadOnlySpan<byte> json, string endpoint, WatchPlan? plan, AddressSet? watched = null)
    {
        BlockData block = BlockData.Take(endpoint, watched);
        if (BlockScan.TryRead(json, block, plan))
        {
            return block;
        }

        block.Dispose();
        block = ReadWithCare(json, endpoint, plan, watched);
        ParsingMetrics.ReadWithCare(ParsingMetrics.Block);
        return block;
    }

    /// <summary>Reads a block in whatever legal way it is spelled.</summary>
    public static BlockData ReadWithCare(ReadOnlySpan<byte> json, string endpoint, WatchPlan? plan, AddressSet? watched)
    {
        BlockData block = BlockData.Take(endpoint, watched);
        try
        {
            Utf8JsonReader reader = JsonWalk.Open(json);
            JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "the block");
            bool hasHash = false;
            bool hasParent = false;
            bool hasNumber = false;
            Hash256 hash = default;
            long number = 0;
            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("hash"u8))
                {
                    hasHash = JsonWalk.ReadHash(ref reader, "hash", out hash);
                }
                else if (reader.ValueTextEquals("parentHash"u8))
                {
                    hasParent = JsonWalk.ReadHash(ref reader, "parentHash", out Hash256 parent);
                    block.ParentHash = parent;
                }
                else if (reader.ValueTextEquals("number"u8))
                {
                    hasNumber = JsonWalk.ReadNumber(ref reader, "number", out number);
                }
                else if (reader.ValueTextEquals("timestamp"u8))
                {
                    JsonWalk.ReadNumber(ref reader, "timestamp", out long timestamp);
                    block.Timestamp = timestamp;
                }
                else if (reader.ValueTextEquals("logsBloom"u8))
                {
                    block.HasBloom = JsonWalk.ReadData(ref reader, "logsBloom", block.Bloom);
                }
                else if (plan is not null && reader.ValueTextEquals("transactions"u8))
                {
                    ReadTransactions(ref reader, block);
                }
                else if (plan is { Withdrawals: true } && reader.ValueTextEquals("withdrawals"u8))
                {
                    ReadWithdrawals(ref reader, block);
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }

            JsonWalk.End(ref reader);
            if (!hasHash || !hasParent || !hasNumber)
            {
                throw new AnswerFormatException("the block has no hash, parentHash or number; a pending block is not wanted");
            }

            block.Point = new ChainPoint(number, hash);
            return block;
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    private static void ReadTransactions(ref Utf8JsonReader reader, BlockData block)
    {
        reader.Read();
        JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "transactions");
        block.HasBodies = true;
        Span<byte> hash = stackalloc byte[Hash256.Length];
        while (JsonWalk.NextItem(ref reader))
        {
            TransactionData transaction = default;
            if (reader.TokenType == JsonTokenType.String)
            {
                block.HasBodies = false;
                if (!HexText.TryReadData(reader.ValueSpan, hash))
                {
                    throw new AnswerFormatException("transactions holds what is no hash");
                }

                transaction.Hash = new Hash256(hash);
            }
            else
            {
                JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a transaction");
                ReadTransaction(ref reader, ref transaction);
            }

            block.Add() = transaction;
        }
    }

    private static void ReadTransaction(ref Utf8JsonReader reader, ref TransactionData transaction)
    {
        bool hasHash = false;
        bool hasTo = false;
        long nonce = 0;
        while (JsonWalk.NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("hash"u8))
            {
                hasHash = JsonWalk.ReadHash(ref reader, "transaction.hash", out transaction.Hash);
            }
            else if (reader.ValueTextEquals("from"u8))
            {
                transaction.HasFrom = JsonWalk.ReadAddress(ref reader, "transaction.from", out transaction.From);
            }
            else if (reader.ValueTextEquals("to"u8))
            {
                hasTo = JsonWalk.ReadAddress(ref reader, "transaction.to", out transaction.To);
            }
            else if (reader.ValueTextEquals("value"u8))
            {
                JsonWalk.ReadQuantity(ref reader, "transaction.value", out transaction.Value);
            }
            else if (reader.ValueTextEquals("nonce"u8))
            {
                JsonWalk.ReadNumber(ref reader, "transaction.nonce", out nonce);
            }
            else if (reader.ValueTextEquals("gas"u8))
            {
                JsonWalk.ReadNumber(ref reader, "transaction.gas", out transaction.GasLimit);
            }
            else
            {
                JsonWalk.SkipValue(ref reader);
            }
        }

        if (!hasHash)
        {
            throw new AnswerFormatException("a transaction has no hash");
        }

        if (!hasTo)
        {
            Create(ref transaction, nonce);
        }
    }

    /// <summary>Takes a transaction without receiver for one that creates a contract.</summary>
    internal static void Create(ref TransactionData transaction, long nonce)
    {
        transaction.IsCreation = true;
        if (!transaction.Value.IsZero)
        {
            transaction.To = CreatedAddress.Of(transaction.From, (ulong)nonce);
        }
    }

    private static void ReadWithdrawals(ref Utf8JsonReader reader, BlockData block)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null)
        {
            return;
        }

        JsonWalk.Expect(ref reader, JsonTokenType.StartArray, "withdrawals");
        for (int position = 0; JsonWalk.NextItem(ref reader); position++)
        {
            JsonWalk.Expect(ref reader, JsonTokenType.StartObject, "a withdrawal");
            EvmAddress address = default;
            UInt256 gwei = default;
            long index = 0;
            bool hasIndex = false;
            bool hasAddress = false;
            while (JsonWalk.NextProperty(ref reader))
            {
                if (reader.ValueTextEquals("index"u8))
                {
                    hasIndex = JsonWalk.ReadNumber(ref reader, "withdrawal.index", out index);
                }
                else if (reader.ValueTextEquals("address"u8))
                {
                    hasAddress = JsonWalk.ReadAddress(ref reader, "withdrawal.address", out address);
                }
                else if (reader.ValueTextEquals("amount"u8))
                {
                    JsonWalk.ReadQuantity(ref reader, "withdrawal.amount", out gwei);
                }
                else
                {
                    JsonWalk.SkipValue(ref reader);
                }
            }

            if (!hasIndex || !hasAddress || gwei.High != UInt128.Zero || gwei.Low > ulong.MaxValue)
            {
                throw new AnswerFormatException("a withdrawal has no index, address or amount that can be");
            }

            AddWithdrawal(block, position, index, address, gwei);
        }
    }

    internal static void AddWithdrawal(BlockData block, int position, long index, in EvmAddress address, in UInt256 gwei)
    {
        if (!gwei.IsZero)
        {
            block.Add(new Movement
            {
                TransactionId = WithdrawalId(index),
                Ordinal = 0,
                Amount = new UInt256(UInt128.Zero, gwei.Low * WeiPerGwei),
                To = address,
                Asset = 0,
                TransactionIndex = WithdrawalsFrom + position,
                Proven = true,
            });
        }
    }

    /// <summary>A withdrawal comes without a transaction, so it gets an id that no hash will ever be: the word "withdrawal", and its index, which is unique on its chain.</summary>
    internal static Hash256 WithdrawalId(long index)
    {
        Span<byte> id = stackalloc byte[Hash256.Length];
        id.Clear();
        "withdrawal"u8.CopyTo(id);
        BinaryPrimitives.WriteInt64BigEndian(id[^sizeof(long)..], index);
        return new Hash256(id);
    }
}
