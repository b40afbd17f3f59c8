using System.Text.Json.Nodes;

namespace ChainWatch.Blockbook.Tests;

/// <summary>A made-up block, as an instance tells it.</summary>
/// <param name="Height">Its height.</param>
/// <param name="Hash">Its hash, as the coin writes it.</param>
/// <param name="Parent">Its parent's hash; empty for the first block.</param>
/// <param name="Time">When it was made.</param>
/// <param name="Transactions">Its transactions.</param>
internal sealed record ServedBlock(long Height, string Hash, string Parent, long Time, JsonArray Transactions)
{
    public string? Raw { get; init; }

    public string MerkleRoot { get; init; } = "";

    public long Version { get; init; }

    public string Nonce { get; init; } = "";

    public string Bits { get; init; } = "";

    public ChainPoint Point => new(Height, Hash256.Parse(Hash));

    /// <summary>One of its pages, the last one for a number beyond it.</summary>
    public JsonObject ToPage(int page, int pageSize, long bestHeight)
    {
        int pages = Math.Max(1, (Transactions.Count + pageSize - 1) / pageSize);
        page = Math.Clamp(page, 1, pages);
        JsonObject json = new() { ["page"] = page, ["totalPages"] = pages, ["itemsOnPage"] = pageSize, ["hash"] = Hash };
        if (Parent.Length > 0)
        {
            json["previousBlockHash"] = Parent;
        }

        json["height"] = Height;
        json["confirmations"] = bestHeight - Height + 1;
        json["size"] = 1234;
        json["time"] = Time;
        json["version"] = Version;
        json["merkleRoot"] = MerkleRoot;
        json["nonce"] = Nonce;
        json["bits"] = Bits;
        json["difficulty"] = "1";
        json["txCount"] = Transactions.Count;
        json["txs"] = new JsonArray([.. Transactions.Skip((page - 1) * pageSize).Take(pageSize).Select(static transaction => transaction!.DeepClone())]);
        return json;
    }
}
