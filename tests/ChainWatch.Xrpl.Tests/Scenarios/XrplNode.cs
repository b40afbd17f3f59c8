using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChainWatch.Testing;

namespace ChainWatch.Xrpl.Tests;

/// <summary>A server of the XRP Ledger by HTTP, in memory, for the head that it is shown.</summary>
internal sealed class XrplNode : HttpMessageHandler
{
    private readonly XrplWire _wire;
    private MinedBlock? _head;

    public XrplNode(XrplWire wire, out Action<MinedBlock> show)
    {
        _wire = wire;
        show = head => _head = head;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        JsonNode body = JsonNode.Parse(await request.Content!.ReadAsStringAsync(cancellationToken))!;
        JsonObject parameters = body["params"]![0]!.AsObject();
        JsonObject result = (string)body["method"]! == "server_info" ? Info() : Ledger(parameters);
        result["status"] ??= "success";
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(new JsonObject { ["result"] = result }.ToJsonString(), Encoding.UTF8, "application/json") };
    }

    private JsonObject Info() => new()
    {
        ["info"] = new JsonObject
        {
            ["complete_ledgers"] = $"0-{_head!.Height}",
            ["server_state"] = "full",
            ["validated_ledger"] = new JsonObject { ["hash"] = _wire.RenderLedger(_head).Hash, ["seq"] = _head.Height },
        },
    };

    private JsonObject Ledger(JsonObject parameters)
    {
        MinedBlock? block = _head;
        if (parameters["ledger_hash"] is { } hash)
        {
            MinedBlock named = _wire.BlockOf(Hash256.Parse((string)hash!));
            block = _head!.DescendsFrom(named) ? named : null;
        }
        else if (parameters["ledger_index"]!.GetValueKind() == JsonValueKind.Number)
        {
            block = _head!.AncestorAt((long)parameters["ledger_index"]!);
        }

        return block is null
            ? new JsonObject { ["status"] = "error", ["error"] = "lgrNotFound", ["error_code"] = 21, ["error_message"] = "ledgerNotFound" }
            : _wire.RenderLedger(block).ToResult((bool?)parameters["transactions"] ?? false);
    }
}
