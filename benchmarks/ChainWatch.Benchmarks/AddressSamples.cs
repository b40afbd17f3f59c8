using System.Runtime.InteropServices;

namespace ChainWatch.Benchmarks;

/// <summary>Random addresses in an <see cref="AddressSet"/> and in a hash set, and some to look for, in an order that has nothing to do with that of their registration.</summary>
internal sealed class AddressSamples
{
    public const int KeyLength = 20;
    public const int Asked = 1 << 18;

    public AddressSamples(int count)
    {
        Bare = new HashSet<KeyOf20>(count);
        Watched = new byte[Asked * KeyLength];
        Strangers = new byte[Asked * KeyLength];
        Set = AddressSet.Create(KeyLength, count).Add(Keys(count));
        var random = new Random(3);
        random.NextBytes(Strangers);
        for (var index = Asked - 1; index > 0; index--)
        {
            var other = random.Next(index + 1);
            for (var at = 0; at < KeyLength; at++)
            {
                (Watched[(index * KeyLength) + at], Watched[(other * KeyLength) + at]) = (Watched[(other * KeyLength) + at], Watched[(index * KeyLength) + at]);
            }
        }
    }

    public AddressSet Set { get; }

    public HashSet<KeyOf20> Bare { get; }

    public byte[] Watched { get; }

    public byte[] Strangers { get; }

    public int CountInSet(byte[] keys)
    {
        var found = 0;
        for (var offset = 0; offset < keys.Length; offset += KeyLength)
        {
            found += Set.Contains(keys.AsSpan(offset, KeyLength)) ? 1 : 0;
        }

        return found;
    }

    public int CountInBare(byte[] keys)
    {
        var found = 0;
        for (var offset = 0; offset < keys.Length; offset += KeyLength)
        {
            found += Bare.Contains(KeyOf(keys.AsSpan(offset, KeyLength))) ? 1 : 0;
        }

        return found;
    }

    private static KeyOf20 KeyOf(ReadOnlySpan<byte> key) =>
        new(MemoryMarshal.Read<ulong>(key), MemoryMarshal.Read<ulong>(key[sizeof(ulong)..]), MemoryMarshal.Read<uint>(key[(2 * sizeof(ulong))..]));

    /// <summary>Every so many of them are kept to be looked for.</summary>
    private IEnumerable<AddressKey> Keys(int count)
    {
        var random = new Random(1);
        var key = new byte[KeyLength];
        var step = Math.Max(1, count / Asked);
        for (var index = 0; index < count; index++)
        {
            random.NextBytes(key);
            Bare.Add(KeyOf(key));
            if (index % step == 0)
            {
                key.CopyTo(Watched, index / step % Asked * KeyLength);
            }

            yield return new AddressKey(key);
        }
    }
}
