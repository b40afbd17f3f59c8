using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ChainWatch.Cardano.Tests;

/// <summary>A made transaction.</summary>
internal sealed record FakeTransaction(string Name, params FakeOutput[] Outputs)
{
    public Hash256 Id { get; } = new(SHA256.HashData(Encoding.UTF8.GetBytes($"transaction {Name}")));

    /// <summary>True where its scripts failed.</summary>
    public bool Failed { get; init; }

    /// <summary>What it spends; some output of nobody where it is not given.</summary>
    public IReadOnlyList<(Hash256 Id, long Index)> Inputs { get; init; } = [];

    public FakeOutput? Return { get; init; }

    public string[]? Memo { get; init; }

    public FakeTransaction[] Inside { get; init; } = [];

    /// <summary>More properties, each with a comma behind it.</summary>
    public string More { get; init; } = "";

    public string ToJson(bool v7, bool isSub = false)
    {
        StringBuilder json = new();
        json.Append($"{{\"id\":\"{Id}\",");
        if (!isSub)
        {
            json.Append(Failed ? "\"spends\":\"collaterals\"," : "\"spends\":\"inputs\",");
        }

        string inputs = Inputs.Count == 0
            ? $"{{\"transaction\":{{\"id\":\"{Someone.Policy}00000000\"}},\"index\":0}}"
            : string.Join(',', Inputs.Select(static input => string.Create(CultureInfo.InvariantCulture, $"{{\"transaction\":{{\"id\":\"{input.Id}\"}},\"index\":{input.Index}}}")));
        json.Append($"\"inputs\":[{inputs}],");
        if (Outputs.Length > 0 || !v7)
        {
            json.Append($"\"outputs\":[{string.Join(',', Outputs.Select(static output => output.ToJson()))}],");
        }

        if (Return is not null)
        {
            json.Append($"\"collaterals\":[],\"collateralReturn\":{Return.ToJson()},\"totalCollateral\":{{\"ada\":{{\"lovelace\":5}}}},");
        }

        if (Memo is not null)
        {
            string lines = string.Join(',', Memo.Select(static line => System.Text.Json.JsonSerializer.Serialize(line)));
            json.Append($"\"metadata\":{{\"hash\":\"{Id}\",\"labels\":{{\"1\":{{\"json\":[1,{{\"a\":2}}]}},\"674\":{{\"json\":{{\"msg\":[{lines}]}}}}}}}},");
        }

        if (Inside.Length > 0)
        {
            json.Append($"\"subTransactions\":[{string.Join(',', Inside.Select(inside => inside.ToJson(v7, isSub: true)))}],");
        }

        if (!v7)
        {
            json.Append("\"validityInterval\":{},");
        }

        json.Append(More);
        return json.Append("\"fee\":{\"ada\":{\"lovelace\":170000}},\"signatories\":[{\"key\":\"6e27eca62081b19304941de586089ba0d7b603d00742c155a5e5d7da364a038b\",\"signature\":\"45e1\"}]}").ToString();
    }

    /// <summary>What of it is watched for these addresses.</summary>
    public IEnumerable<string> Expect(IReadOnlyCollection<string> addresses)
    {
        string? memo = Memo is null ? null : string.Join('\n', Memo);
        IEnumerable<(FakeOutput Output, int Index)> real = Failed ? Return is null ? [] : [(Return, Outputs.Length)] : Outputs.Select(static (output, index) => (output, index));
        return real.Where(one => addresses.Contains(one.Output.Address)).SelectMany(one => one.Output.Expect(Id, one.Index, memo))
            .Concat(Failed ? [] : Inside.SelectMany(inside => inside.Expect(addresses)));
    }
}
