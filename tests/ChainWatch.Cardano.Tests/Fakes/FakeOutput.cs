using System.Globalization;
using System.Numerics;
using System.Text;

namespace ChainWatch.Cardano.Tests;

/// <summary>An output of a made transaction.</summary>
/// <param name="Address">To whom.</param>
/// <param name="Lovelace">How much ada, in lovelace.</param>
/// <param name="Tokens">How much of which tokens, by policy and name.</param>
internal sealed record FakeOutput(string Address, BigInteger Lovelace, params (string Policy, string Name, BigInteger Amount)[] Tokens)
{
    public string ToJson()
    {
        StringBuilder json = new();
        json.Append(CultureInfo.InvariantCulture, $"{{\"address\":\"{Address}\",\"value\":{{\"ada\":{{\"lovelace\":{Lovelace}}}");
        foreach (IGrouping<string, (string Policy, string Name, BigInteger Amount)> policy in Tokens.GroupBy(static token => token.Policy))
        {
            json.Append(CultureInfo.InvariantCulture, $",\"{policy.Key}\":{{{string.Join(',', policy.Select(static token => $"\"{token.Name}\":{token.Amount}"))}}}");
        }

        return json.Append("},\"datumHash\":\"76a5ff2ae0b1c7a1b1ee2c4ac5bb85d1ea5bd4d3f1a6b2fb5c6a1b0d2c3e4f50\"}").ToString();
    }

    /// <summary>What of it is watched, as the naive reading has it: each asset's place is its rank among all of the output's tokens.</summary>
    public IEnumerable<string> Expect(Hash256 id, int index, string? memo)
    {
        string Line(int place, string symbol, BigInteger amount) => string.Create(CultureInfo.InvariantCulture, $"{id}/{(index * 65536L) + place} {Address} {symbol} {amount} {memo ?? "-"}");
        if (!Lovelace.IsZero)
        {
            yield return Line(0, "ADA", Lovelace);
        }

        int place = 0;
        foreach ((string policy, string name, BigInteger amount) in Tokens.OrderBy(static token => token.Policy + token.Name, StringComparer.Ordinal))
        {
            place++;
            string? symbol = policy != Someone.Policy ? null : name == "474f4c44" ? "GOLD" : name.Length == 0 ? "NAMELESS" : null;
            if (symbol is not null && !amount.IsZero)
            {
                yield return Line(place, symbol, amount);
            }
        }
    }
}
