using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace ChainWatch.Evm;

/// <summary>
/// Makes the bloom of a block's logs. Nearly all its time goes into hashing, so hashes are taken several at a time, and what the same contracts, topics and addresses set is
/// kept from block to block.
/// </summary>
internal sealed class BloomFiller
{
    /// <summary>How many contracts and topics are remembered, each in the only place that it can have.</summary>
    private const int Remembered = 4096;

    private readonly Entry[] _entries = new Entry[Remembered];

    /// <summary>A few bits of what is remembered at each place; 0 for nothing. They are near the processor, which the entries are not: what was never seen is mostly told by them alone.</summary>
    private readonly ushort[] _tags = new ushort[Remembered];
    private readonly ulong[] _open = new ulong[Keccak256.Lanes * Keccak256.ShortWords];
    private readonly int[] _openPlaces = new int[Keccak256.Lanes];
    private readonly ushort[] _openTags = new ushort[Keccak256.Lanes];
    private readonly ulong[] _hashes = new ulong[Keccak256.Lanes];
    private int _openCount;
    private Bloom _bloom;
    private Vector256<ulong> _lastContract;
    private Vector256<ulong> _lastTopic;
    private bool _hasLastTopic;

    /// <summary>Begins a new bloom.</summary>
    public void Begin()
    {
        _openCount = 0;
        _bloom = default;
        // The fourth word of no contract.
        _lastContract = Vector256<ulong>.AllBitsSet;
        _hasLastTopic = false;
    }

    /// <summary>Adds what a log sets.</summary>
    public void Add(in LogData log)
    {
        ReadOnlySpan<byte> bytes = log.Contract.Bytes;
        Vector256<ulong> contract = Vector256.Create(
            MemoryMarshal.Read<ulong>(bytes),
            MemoryMarshal.Read<ulong>(bytes[sizeof(ulong)..]),
            MemoryMarshal.Read<uint>(bytes[(2 * sizeof(ulong))..]),
            0UL);
        if (contract != _lastContract)
        {
            _lastContract = contract;
            Add(contract, isContract: true);
        }

        for (int topic = 0; topic < log.TopicCount; topic++)
        {
            Vector256<ulong> words = MemoryMarshal.Read<Vector256<ulong>>(log.Topic(topic));
            if (topic > 0)
            {
                Add(words, isContract: false);
            }
            else if (words != _lastTopic || !_hasLastTopic)
            {
                // Neighbouring logs mostly tell of the same kind of thing.
                _lastTopic = words;
                _hasLastTopic = true;
                Add(words, isContract: false);
            }
        }
    }

    /// <summary>The bloom of all that was added.</summary>
    public ref readonly Bloom Finish()
    {
        if (_openCount > 0)
        {
            Close();
        }

        return ref _bloom;
    }

    /// <summary>Forgets what contracts and topics set.</summary>
    public void Forget()
    {
        Array.Clear(_entries);
        Array.Clear(_tags);
    }

    private void Add(Vector256<ulong> words, bool isContract)
    {
        // The ends of contracts and topics differ most: counters begin with zeros, and so do addresses as topics.
        ulong mixed = (words[0] ^ words[2] ^ (words[3] << 1) ^ words[1]) * 0x9E3779B97F4A7C15;
        int place = (int)(mixed >> 52) & (Remembered - 1);
        ushort tag = (ushort)((mixed >> 32) | 1);
        if (_tags[place] == tag)
        {
            ref Entry entry = ref _entries[place];
            byte kind = isContract ? Entry.Contract : Entry.Topic;
            if (entry.Kind == kind && entry.Words == words)
            {
                _bloom.Add(entry.Bits);
                return;
            }
        }

        // The hash's own padding: a one behind the text, which is within its third word for the twenty bytes of a contract.
        Span<ulong> open = _open;
        open[_openCount] = words[0];
        open[Keccak256.Lanes + _openCount] = words[1];
        open[(2 * Keccak256.Lanes) + _openCount] = isContract ? words[2] | (1UL << 32) : words[2];
        open[(3 * Keccak256.Lanes) + _openCount] = words[3];
        open[(4 * Keccak256.Lanes) + _openCount] = isContract ? 0UL : 1UL;
        _openPlaces[_openCount] = place;
        _openTags[_openCount] = tag;
        if (++_openCount == Keccak256.Lanes)
        {
            Close();
        }
    }

    private void Close()
    {
        Keccak256.HashShort(_open, _hashes);
        for (int lane = 0; lane < _openCount; lane++)
        {
            BloomBits bits = BloomBits.OfHash(_hashes[lane]);
            _bloom.Add(bits);
            bool isContract = _open[(4 * Keccak256.Lanes) + lane] == 0;
            ulong third = _open[(2 * Keccak256.Lanes) + lane];
            _tags[_openPlaces[lane]] = _openTags[lane];
            _entries[_openPlaces[lane]] = new Entry
            {
                Words = Vector256.Create(
                    _open[lane],
                    _open[Keccak256.Lanes + lane],
                    isContract ? third & uint.MaxValue : third,
                    _open[(3 * Keccak256.Lanes) + lane]),
                Bits = bits,
                Kind = isContract ? Entry.Contract : Entry.Topic,
            };
        }

        _openCount = 0;
    }

    private struct Entry
    {
        public const byte Contract = 1;
        public const byte Topic = 2;

        public Vector256<ulong> Words;
        public BloomBits Bits;
        public byte Kind;
    }
}
