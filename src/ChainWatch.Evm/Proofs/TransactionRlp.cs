using System.Text.Json;

namespace ChainWatch.Evm;

/// <summary>Transactions and receipts as they are hashed: of the first kind, and of those of EIP-2930, 1559, 4844 and 7702, in the frame of EIP-2718.</summary>
internal static class TransactionRlp
{
    private static readonly string[] Signature = ["r", "s"];

    /// <summary>Writes a transaction. False where its type is not known here.</summary>
    public static bool TryWrite(RlpWriter rlp, JsonElement transaction)
    {
        int type = TypeOf(transaction);
        if (type > 4)
        {
            return false;
        }

        if (type > 0)
        {
            rlp.WriteRaw((byte)type);
        }

        int list = rlp.BeginList();
        if (type > 0)
        {
            rlp.WriteQuantity(transaction, "chainId");
        }

        rlp.WriteQuantity(transaction, "nonce");
        if (type >= 2)
        {
            rlp.WriteQuantity(transaction, "maxPriorityFeePerGas");
            rlp.WriteQuantity(transaction, "maxFeePerGas");
        }
        else
        {
            rlp.WriteQuantity(transaction, "gasPrice");
        }

        rlp.WriteQuantity(transaction, "gas");
        rlp.WriteData(transaction, "to");
        rlp.WriteQuantity(transaction, "value");
        rlp.WriteData(transaction, "input");
        if (type > 0)
        {
            WriteAccessList(rlp, transaction);
        }

        if (type == 3)
        {
            rlp.WriteQuantity(transaction, "maxFeePerBlobGas");
            WriteList(rlp, transaction, "blobVersionedHashes");
        }
        else if (type == 4)
        {
            WriteAuthorizations(rlp, transaction);
        }

        WriteSignature(rlp, transaction, type > 0);
        rlp.EndList(list);
        return true;
    }

    /// <summary>Writes a receipt. False where its type is not known here.</summary>
    public static bool TryWriteReceipt(RlpWriter rlp, JsonElement receipt)
    {
        int type = TypeOf(receipt);
        if (type > 4)
        {
            return false;
        }

        if (type > 0)
        {
            rlp.WriteRaw((byte)type);
        }

        int list = rlp.BeginList();
        if (JsonRlp.Has(receipt, "root"))
        {
            // Before the Byzantium fork a receipt names the state after its transaction.
            rlp.WriteData(receipt, "root");
        }
        else
        {
            rlp.WriteQuantity(receipt, "status");
        }

        rlp.WriteQuantity(receipt, "cumulativeGasUsed");
        rlp.WriteData(receipt, "logsBloom");
        int logs = rlp.BeginList();
        foreach (JsonElement log in JsonRlp.NeedList(receipt, "logs"))
        {
            int one = rlp.BeginList();
            rlp.WriteData(log, "address");
            WriteList(rlp, log, "topics");
            rlp.WriteData(log, "data");
            rlp.EndList(one);
        }

        rlp.EndList(logs);
        rlp.EndList(list);
        return true;
    }

    private static int TypeOf(JsonElement owner)
    {
        if (!JsonRlp.Has(owner, "type"))
        {
            return 0;
        }

        ReadOnlySpan<byte> digits = JsonRlp.Digits(owner.GetProperty("type"), "type").TrimStart((byte)'0');
        Span<byte> type = [0];
        return digits.IsEmpty ? 0 : digits.Length <= 2 && HexText.TryDecode(digits, type) ? type[0] : int.MaxValue;
    }

    private static void WriteAccessList(RlpWriter rlp, JsonElement transaction)
    {
        int list = rlp.BeginList();
        foreach (JsonElement entry in JsonRlp.NeedList(transaction, "accessList"))
        {
            int one = rlp.BeginList();
            rlp.WriteData(entry, "address");
            WriteList(rlp, entry, "storageKeys");
            rlp.EndList(one);
        }

        rlp.EndList(list);
    }

    private static void WriteAuthorizations(RlpWriter rlp, JsonElement transaction)
    {
        int list = rlp.BeginList();
        foreach (JsonElement entry in JsonRlp.NeedList(transaction, "authorizationList"))
        {
            int one = rlp.BeginList();
            rlp.WriteQuantity(entry, "chainId");
            rlp.WriteData(entry, "address");
            rlp.WriteQuantity(entry, "nonce");
            WriteSignature(rlp, entry, hasParity: true);
            rlp.EndList(one);
        }

        rlp.EndList(list);
    }

    private static void WriteSignature(RlpWriter rlp, JsonElement owner, bool hasParity)
    {
        rlp.WriteQuantity(owner, hasParity && JsonRlp.Has(owner, "yParity") ? "yParity" : "v");
        foreach (string part in Signature)
        {
            rlp.WriteQuantity(owner, part);
        }
    }

    private static void WriteList(RlpWriter rlp, JsonElement owner, string name)
    {
        int list = rlp.BeginList();
        foreach (JsonElement item in JsonRlp.NeedList(owner, name))
        {
            rlp.WriteItem(item, name);
        }

        rlp.EndList(list);
    }
}
