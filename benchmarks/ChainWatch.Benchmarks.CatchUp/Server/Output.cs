using System.Text;

namespace ChainWatch.Benchmarks.CatchUp;

/// <summary>A growing buffer that a connection writes its answers into, one after the other.</summary>
internal sealed class Output
{
    private byte[] _bytes = new byte[64 * 1024];

    public int Length { get; set; }

    public Span<byte> Span => _bytes.AsSpan(0, Length);

    public ReadOnlyMemory<byte> Slice(int from) => _bytes.AsMemory(from, Length - from);

    public Span<byte> Take(int count)
    {
        if (Length + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        }

        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void Write(string text) => Encoding.UTF8.GetBytes(text, Take(Encoding.UTF8.GetByteCount(text)));

    /// <summary>Writes a page of a block.</summary>
    public void Write(JsonTemplate page, ChainShape shape, long height)
    {
        var target = Take(page.Bytes.Length);
        page.Bytes.CopyTo(target);
        Span<byte> hash = stackalloc byte[32];
        Span<byte> own = stackalloc byte[64];
        Span<byte> transaction = stackalloc byte[64];
        var hasOwn = false;
        var last = -1;
        foreach (var hole in page.Holes)
        {
            var place = target.Slice(hole.Offset, JsonHole.Width(hole.Kind));
            switch (hole.Kind)
            {
                case JsonHoleKind.Height:
                    Digits(height, place);
                    break;
                case JsonHoleKind.Time:
                    Digits(1_600_000_000 + height, place);
                    break;
                case JsonHoleKind.BlockHash:
                    if (!hasOwn)
                    {
                        shape.WriteBlockHash(height, hash);
                        Convert.TryToHexStringLower(hash, own, out _);
                        hasOwn = true;
                    }

                    own.CopyTo(place);
                    break;
                case JsonHoleKind.ParentHash:
                    shape.WriteBlockHash(height - 1, hash);
                    Convert.TryToHexStringLower(hash, place, out _);
                    break;
                default:
                    if (last != hole.Transaction)
                    {
                        shape.WriteTransactionHash(height, hole.Transaction, hash);
                        Convert.TryToHexStringLower(hash, transaction, out _);
                        last = hole.Transaction;
                    }

                    transaction.CopyTo(place);
                    break;
            }
        }
    }

    private static void Digits(long number, Span<byte> place)
    {
        for (var index = place.Length - 1; index >= 0; index--, number >>= 4)
        {
            place[index] = "0123456789abcdef"u8[(int)(number & 15)];
        }
    }
}
