using System.Buffers;

namespace ChainWatch.Bitcoin;

/// <summary>
/// Proves a block by itself: its header has the hash that was asked for, and the header commits to just these transactions. After that no output can be missing, added or
/// changed, whoever served it.
/// </summary>
internal static class BlockProof
{
    // OP_RETURN, a push of 36 bytes, and the mark of BIP-141.
    private static ReadOnlySpan<byte> CommitmentMark => [0x6a, 0x24, 0xaa, 0x21, 0xa9, 0xed];

    /// <summary>Checks a block.</summary>
    /// <param name="bytes">The block.</param>
    /// <param name="hash">The hash that it must have.</param>
    /// <param name="extensions">Whether the network has extension blocks.</param>
    /// <param name="witness">Whether the commitment to the witness data is checked too. No payment depends on it; it shows a node that serves damaged blocks.</param>
    /// <param name="proof">Whether the transactions are compared with what the header commits to, the point of it all; without that the block only has to be one.</param>
    /// <exception cref="BlockFormatException">The bytes are no block.</exception>
    /// <exception cref="BlockProofException">They are another block, or not just the transactions of this one.</exception>
    public static void Verify(ReadOnlySpan<byte> bytes, in Hash256 hash, bool extensions, bool witness, bool proof = true)
    {
        if (bytes.Length < RawHeader.Length)
        {
            throw new BlockFormatException("there are too few bytes for a block");
        }

        if (RawHeader.HashOf(bytes) is var actual && actual != hash)
        {
            throw new BlockProofException(AnswerCheck.BlockHash, $"it was asked for block {hash} and answered {actual}");
        }

        WireReader reader = new(bytes, RawHeader.Length);
        int count = reader.ReadCount(TransactionParts.Least);
        if (count == 0)
        {
            throw new BlockFormatException("a block has no transactions");
        }

        TransactionParts[] rented = ArrayPool<TransactionParts>.Shared.Rent(count);
        byte[] hashes = ArrayPool<byte>.Shared.Rent((count + 1) * DoubleSha256.Length);
        try
        {
            Span<TransactionParts> transactions = rented.AsSpan(0, count);
            Read(bytes, reader.Position, transactions, extensions);
            if (!proof)
            {
                return;
            }

            using MessageList messages = new(count, bytes.Length);
            foreach (ref readonly TransactionParts transaction in transactions)
            {
                transaction.CopyStripped(bytes, messages.Add(transaction.StrippedLength));
            }

            Sha256Lanes.HashAll(messages, hashes);
            Span<byte> root = stackalloc byte[DoubleSha256.Length];
            bool unique = MerkleTree.TryCompute(hashes, count, root);
            if (!root.SequenceEqual(RawHeader.MerkleRootOf(bytes)))
            {
                throw new BlockProofException(AnswerCheck.MerkleRoot, $"the transactions of block {hash} are not those that its header commits to");
            }

            if (!unique)
            {
                throw new BlockProofException(AnswerCheck.MerkleRoot, $"block {hash} holds transactions twice (CVE-2012-2459)");
            }

            if (witness)
            {
                VerifyWitness(bytes, hash, transactions, messages, hashes);
            }
        }
        finally
        {
            ArrayPool<TransactionParts>.Shared.Return(rented);
            ArrayPool<byte>.Shared.Return(hashes);
        }
    }

    private static void Read(ReadOnlySpan<byte> bytes, int start, Span<TransactionParts> transactions, bool extensions)
    {
        for (int index = 0; index < transactions.Length; index++)
        {
            transactions[index] = TransactionParts.Read(bytes, start, extensions);
            start = transactions[index].End;

            // Were that not looked at, a pair of hashes of the merkle tree could pass for a transaction of 64 bytes, and a block for one with fewer transactions.
            if (transactions[index].IsCoinbase(bytes) != (index == 0))
            {
                throw new BlockFormatException(index == 0 ? "the first transaction of a block makes no coins" : "a transaction other than the first one makes coins");
            }

            if (transactions[index].IsExtension && index != transactions.Length - 1)
            {
                throw new BlockFormatException("a transaction that leads into an extension block is not the last one");
            }
        }

        // Behind the last transaction lies the extension block, whose movements nobody can see; what leaves it is outputs of that transaction.
        if (start != bytes.Length && !transactions[^1].IsExtension)
        {
            throw new BlockFormatException("there are bytes behind the last transaction");
        }
    }

    private static void VerifyWitness(ReadOnlySpan<byte> bytes, in Hash256 hash, ReadOnlySpan<TransactionParts> transactions, MessageList messages, Span<byte> hashes)
    {
        if (FindCommitment(bytes, transactions[0]) is not { } at)
        {
            foreach (ref readonly TransactionParts transaction in transactions)
            {
                if (transaction.HasWitness)
                {
                    throw new BlockProofException(AnswerCheck.Witness, $"block {hash} holds witness data that it does not commit to");
                }
            }

            return;
        }

        messages.Clear();
        foreach (ref readonly TransactionParts transaction in transactions)
        {
            if (transaction.HasWitness)
            {
                transaction.CopyWithWitness(bytes, messages.Add(transaction.WitnessLength));
            }
            else
            {
                transaction.CopyStripped(bytes, messages.Add(transaction.StrippedLength));
            }
        }

        Sha256Lanes.HashAll(messages, hashes);

        // The first one holds the commitment, and so cannot be in it.
        hashes[..DoubleSha256.Length].Clear();
        Span<byte> both = stackalloc byte[2 * DoubleSha256.Length];
        MerkleTree.TryCompute(hashes, transactions.Length, both);
        if (!transactions[0].TryReadNonce(bytes, both[DoubleSha256.Length..]))
        {
            throw new BlockProofException(AnswerCheck.Witness, $"block {hash} commits to witness data, and has no nonce of 32 bytes in its first transaction");
        }

        DoubleSha256.Hash(both, both);
        if (!both[..DoubleSha256.Length].SequenceEqual(bytes.Slice(at, DoubleSha256.Length)))
        {
            throw new BlockProofException(AnswerCheck.Witness, $"the witness data of block {hash} is not what the block commits to");
        }
    }

    /// <summary>Where the commitment stands: in the last output of the first transaction that has its mark.</summary>
    private static int? FindCommitment(ReadOnlySpan<byte> bytes, in TransactionParts coinbase)
    {
        int? found = null;
        WireReader reader = new(bytes, coinbase.Body);
        TransactionParts.SkipInputs(ref reader);
        for (int left = reader.ReadCount(1); left > 0; left--)
        {
            reader.Skip(sizeof(long));
            int length = reader.ReadLength();
            if (length >= CommitmentMark.Length + DoubleSha256.Length && bytes[reader.Position..].StartsWith(CommitmentMark))
            {
                found = reader.Position + CommitmentMark.Length;
            }

            reader.Skip(length);
        }

        return found;
    }
}
