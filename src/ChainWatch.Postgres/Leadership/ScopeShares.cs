using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace ChainWatch.Postgres;

/// <summary>
/// Shares scopes out among instances, evenly, so that everybody who sees the same instances comes to the same result and little moves when one comes or goes: each pair of
/// scope and instance has a weight drawn from their names (rendezvous hashing), and the heaviest pairs are matched first. Nobody gets more than his share as long as
/// somebody else who stands for the scope has less.
/// </summary>
internal static class ScopeShares
{
    /// <summary>Says who should lead each scope.</summary>
    /// <param name="candidates">The instances that stand for each scope and are ready to lead it.</param>
    /// <returns>One instance for each scope that has candidates.</returns>
    public static Dictionary<string, long> Assign(IReadOnlyDictionary<string, IReadOnlySet<long>> candidates)
    {
        Dictionary<string, long> assigned = new(StringComparer.Ordinal);
        (string Scope, long Instance, ulong Weight)[] pairs =
        [
            .. candidates
                .SelectMany(static pair => pair.Value.Select(instance => (Scope: pair.Key, Instance: instance, Weight: WeightOf(pair.Key, instance))))
                .OrderByDescending(static pair => pair.Weight).ThenBy(static pair => pair.Scope, StringComparer.Ordinal).ThenBy(static pair => pair.Instance),
        ];
        Dictionary<long, int> load = pairs.Select(static pair => pair.Instance).Distinct().ToDictionary(static instance => instance, static _ => 0);
        int scopes = candidates.Count(static pair => pair.Value.Count > 0);

        // Everybody up to one scope, then up to two, and so on: what is left over goes to the heaviest pairs.
        for (int limit = 1; assigned.Count < scopes; limit++)
        {
            foreach ((string scope, long instance, _) in pairs)
            {
                if (load[instance] < limit && assigned.TryAdd(scope, instance))
                {
                    load[instance]++;
                }
            }
        }

        return assigned;
    }

    private static ulong WeightOf(string scope, long instance)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{instance}/{scope}")), hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
