namespace ChainWatch;

/// <summary>Draws some of a chain's watched addresses at random, each with the same chance, without holding them all.</summary>
internal static class AddressSample
{
    public static async Task<IReadOnlyList<AddressKey>> DrawAsync(IWatchStore store, Chain chain, int count, int seed, CancellationToken cancellationToken)
    {
        Random random = new(seed);
        List<AddressKey> drawn = [];
        long seen = 0;
        await foreach (WatchedAddress one in store.ListAddressesAsync(chain, cancellationToken))
        {
            seen++;
            if (drawn.Count < count)
            {
                drawn.Add(one.Key);
            }
            else if (random.NextInt64(seen) is var place && place < count)
            {
                drawn[(int)place] = one.Key;
            }
        }

        return drawn;
    }
}
