namespace ChainWatch.Evm.Tests;

/// <summary>Recorded RLP, taken apart: a string of bytes, or a list of items. What was between the bytes is kept, because parts are hashed as they were sent.</summary>
internal sealed class RlpItem
{
    private RlpItem(byte[] encoded, byte[] data, IReadOnlyList<RlpItem>? items)
    {
        Encoded = encoded;
        Data = data;
        Items = items ?? [];
        IsList = items is not null;
    }

    public bool IsList { get; }

    public byte[] Encoded { get; }

    public byte[] Data { get; }

    public IReadOnlyList<RlpItem> Items { get; }

    public static RlpItem Read(ReadOnlySpan<byte> bytes, out int length)
    {
        int first = bytes[0];
        if (first < 0x80)
        {
            length = 1;
            return new RlpItem(bytes[..1].ToArray(), bytes[..1].ToArray(), items: null);
        }

        bool isList = first >= 0xC0;
        int marker = first - (isList ? 0xC0 : 0x80);
        int head = 1;
        int payload = marker;
        if (marker > 55)
        {
            head += marker - 55;
            payload = 0;
            foreach (byte digit in bytes[1..head])
            {
                payload = (payload << 8) | digit;
            }
        }

        length = head + payload;
        ReadOnlySpan<byte> data = bytes[head..length];
        if (!isList)
        {
            return new RlpItem(bytes[..length].ToArray(), data.ToArray(), items: null);
        }

        List<RlpItem> items = [];
        for (int at = 0; at < data.Length;)
        {
            items.Add(Read(data[at..], out int one));
            at += one;
        }

        return new RlpItem(bytes[..length].ToArray(), data.ToArray(), items);
    }
}
