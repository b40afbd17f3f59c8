using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ChainWatch.Simulation;
using ChainWatch.Testing;

namespace ChainWatch.Blockbook.Tests;

/// <summary>An instance by HTTP, in memory, for the head that it is shown.</summary>
internal sealed class BlockbookNode(BlockbookWire wire, bool raw) : HttpMessageHandler
{
    // Small pages, so that blocks have several.
    private const int PageSize = 2;

    public MinedBlock? Head { get; set; }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        string[] parts = request.RequestUri!.AbsolutePath.Trim('/').Split('/');
        JsonObject? answer = parts.Length < 4 ? Status() : parts[2] switch
        {
            "block-index" => Find(parts[3]) is { } block ? new JsonObject { ["blockHash"] = block.Hash } : null,
            "block" => Find(parts[3])?.ToPage(PageOf(request.RequestUri), PageSize, Head!.Height),
            "rawblock" => raw && Find(parts[3])?.Raw is { } hex ? new JsonObject { ["hex"] = hex } : null,
            _ => null,
        };
        return Task.FromResult(new HttpResponseMessage(answer is null ? HttpStatusCode.BadRequest : HttpStatusCode.OK)
        {
            Content = new StringContent((answer ?? new JsonObject { ["error"] = raw || parts[2] != "rawblock" ? "Block not found" : "Not supported" }).ToJsonString(), Encoding.UTF8, "application/json"),
        });
    }

    private JsonObject Status()
    {
        string hash = wire.RenderServed(Head!).Hash;
        return new JsonObject
        {
            ["blockbook"] = new JsonObject { ["coin"] = "Regtest", ["network"] = "REGTEST", ["version"] = "0.5.1", ["inSync"] = true, ["initialSync"] = false, ["bestHeight"] = Head!.Height, ["decimals"] = 8 },
            ["backend"] = new JsonObject { ["chain"] = "regtest", ["blocks"] = Head.Height, ["headers"] = Head.Height, ["bestBlockHash"] = hash },
        };
    }

    /// <summary>By height what is canonical for this instance; by hash what its node ever saw, up to its head.</summary>
    private ServedBlock? Find(string id)
    {
        MinedBlock? block = id.Length < 64 ? Head!.AncestorAt(long.Parse(id, CultureInfo.InvariantCulture)) : wire.BlockOf(Hash256.Parse(id));
        return block is not null && block.Height <= Head!.Height ? wire.RenderServed(block) : null;
    }

    private static int PageOf(Uri uri)
    {
        int at = uri.Query.IndexOf("page=", StringComparison.Ordinal);
        return at < 0 ? 1 : int.Parse(uri.Query.AsSpan(at + "page=".Length), CultureInfo.InvariantCulture);
    }
}
