using System.Text;

namespace ChainWatch.Cardano.Tests;

/// <summary>Makes messages of a server, and reads them.</summary>
internal static class Messages
{
    public static string Forward(string block) =>
        "{\"jsonrpc\":\"2.0\",\"method\":\"nextBlock\",\"result\":{\"direction\":\"forward\",\"block\":" + block + ",\"tip\":{\"slot\":9000000,\"id\":\"" + new string('e', 64) + "\",\"height\":999}},\"id\":7}";

    /// <summary>A block of these transactions.</summary>
    public static string Block(params string[] transactions) =>
        "{\"type\":\"praos\",\"era\":\"conway\",\"id\":\"" + new string('b', 64) + "\",\"ancestor\":\"" + new string('a', 64) + "\",\"height\":5,\"slot\":100,\"transactions\":[" + string.Join(',', transactions) + "]}";

    public static OgmiosMessage Read(string json, MessageReader? reader = null) => (reader ?? new MessageReader()).Read(Rent(Encoding.UTF8.GetBytes(json)));

    public static PooledBytes Rent(byte[] bytes)
    {
        using MemoryStream stream = new(bytes);
        return PooledBytes.ReadAsync(stream, bytes.Length, int.MaxValue - 1, CancellationToken.None).AsTask().GetAwaiter().GetResult()!;
    }

    public static CardanoBlock ToBlock(OgmiosMessage message, WatchPlan? plan = null) =>
        new(message.TakeBody(), message.Block!, message.Block!.Ancestor, default, "alpha", plan ?? Someone.Plan());

    /// <summary>What matching finds.</summary>
    public static List<string> Match(string json, AddressSet watched, WatchPlan? plan = null, bool withTags = true)
    {
        OgmiosMessage message = Read(json);
        message.Kind.ShouldBe(MessageKind.Forward);
        using CardanoBlock block = ToBlock(message, plan);
        TransferList found = new();
        block.Match(watched, found).ShouldBeTrue();
        return [.. found.Transfers.Select(transfer => TransferList.Write(transfer, plan?.Format ?? Someone.Format, withTags))];
    }
}
