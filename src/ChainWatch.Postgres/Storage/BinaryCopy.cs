using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Npgsql;

namespace ChainWatch.Postgres;

/// <summary>
/// Rows for <c>copy … from stdin (format binary)</c>, written as bytes at once. Npgsql's importer finds out anew how to write each value, and awaits it: that took half of the processor
/// time of catching up where most transactions pay. The layout is that of PostgreSQL's manual, COPY, "Binary Format".
/// </summary>
internal sealed class BinaryCopy : IAsyncDisposable
{
    /// <summary>Bytes after which what is there is sent on.</summary>
    private const int Full = 48 * 1024;

    private static readonly long s_epoch = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
    private static readonly BigInteger s_fourDigits = 10_000_000_000_000_000;

    private readonly NpgsqlRawCopyStream _stream;
    private readonly ChainFormat _format;
    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(64 * 1024);
    private int _length;
    private bool _completed;
    private Hash256 _lastHash;
    private string? _lastHashText;

    private BinaryCopy(NpgsqlRawCopyStream stream, ChainFormat format)
    {
        _stream = stream;
        _format = format;
    }

    /// <summary>Begins a copy. Rows that are not completed before it is disposed of are taken back.</summary>
    /// <param name="connection">The connection; it does nothing else meanwhile.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="format">How the chain writes hashes.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<BinaryCopy> BeginAsync(NpgsqlConnection connection, string sql, ChainFormat format, CancellationToken cancellationToken)
    {
        BinaryCopy copy = new(await connection.BeginRawBinaryCopyAsync(sql, cancellationToken), format);
        // The signature, no flags and no extension of the header.
        copy.Put([(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0]);
        copy.PutInt32(0);
        copy.PutInt32(0);
        return copy;
    }

    /// <summary>Begins a row of so many columns, each of which is written next.</summary>
    public ValueTask StartRowAsync(int columns, CancellationToken cancellationToken)
    {
        PutInt16((short)columns);
        return _length < Full ? ValueTask.CompletedTask : FlushAsync(cancellationToken);
    }

    /// <summary>A <c>text</c>, or null.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            PutInt32(-1);
            return;
        }

        Span<byte> room = Room(sizeof(int) + Encoding.UTF8.GetMaxByteCount(value.Length));
        int length = Encoding.UTF8.GetBytes(value, room[sizeof(int)..]);
        BinaryPrimitives.WriteInt32BigEndian(room, length);
        _length += sizeof(int) + length;
    }

    /// <summary>A hash as <c>text</c>, as the chain writes it. Neighbouring rows mostly have the same.</summary>
    public void Hash(in Hash256 value)
    {
        if (_lastHashText is null || value != _lastHash)
        {
            _lastHash = value;
            _lastHashText = _format.FormatHash(value);
        }

        Text(_lastHashText);
    }

    /// <summary>A <c>bytea</c>.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        PutInt32(value.Length);
        Put(value);
    }

    /// <summary>A <c>bigint</c>.</summary>
    public void BigInt(long value)
    {
        PutInt32(sizeof(long));
        BinaryPrimitives.WriteInt64BigEndian(Room(sizeof(long)), value);
        _length += sizeof(long);
    }

    /// <summary>An <c>integer</c>.</summary>
    public void Integer(int value)
    {
        PutInt32(sizeof(int));
        PutInt32(value);
    }

    /// <summary>A <c>boolean</c>.</summary>
    public void Boolean(bool value)
    {
        PutInt32(1);
        Put([value ? (byte)1 : (byte)0]);
    }

    /// <summary>A <c>timestamptz</c>, or null: microseconds since the year 2000.</summary>
    public void Time(DateTimeOffset? value)
    {
        if (value is null)
        {
            PutInt32(-1);
        }
        else
        {
            BigInt((value.Value.UtcTicks - s_epoch) / TimeSpan.TicksPerMicrosecond);
        }
    }

    /// <summary>A whole number as <c>numeric</c>: digits of base 10,000, the highest first.</summary>
    public void Numeric(BigInteger value)
    {
        BigInteger rest = BigInteger.Abs(value);
        // Each digit holds more than 13 bits.
        int most = (int)(rest.GetBitLength() / 13) + 1;
        short[]? rented = most > 64 ? ArrayPool<short>.Shared.Rent(most) : null;
        Span<short> digits = rented ?? stackalloc short[64];
        int count = 0;
        while (rest > ulong.MaxValue)
        {
            rest = BigInteger.DivRem(rest, s_fourDigits, out BigInteger low);
            ulong four = (ulong)low;
            for (int digit = 0; digit < 4; digit++)
            {
                (four, ulong one) = Math.DivRem(four, 10_000);
                digits[count++] = (short)one;
            }
        }

        for (ulong high = (ulong)rest; high > 0;)
        {
            (high, ulong one) = Math.DivRem(high, 10_000);
            digits[count++] = (short)one;
        }

        int least = 0;
        while (least < count && digits[least] == 0)
        {
            least++;
        }

        PutInt32((4 + count - least) * sizeof(short));
        PutInt16((short)(count - least));
        PutInt16((short)Math.Max(0, count - 1));
        PutInt16((short)(value.Sign < 0 ? 0x4000 : 0));
        PutInt16(0);
        for (int index = count - 1; index >= least; index--)
        {
            PutInt16(digits[index]);
        }

        if (rented is not null)
        {
            ArrayPool<short>.Shared.Return(rented);
        }
    }

    /// <summary>Ends the copy: the server has all rows, or this fails.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        PutInt16(-1);
        await FlushAsync(cancellationToken);
        _completed = true;
        await _stream.DisposeAsync();
    }

    /// <summary>Gives the buffer back; what was not completed is refused to the server.</summary>
    public async ValueTask DisposeAsync()
    {
        byte[] buffer = _buffer;
        _buffer = [];
        ArrayPool<byte>.Shared.Return(buffer);
        if (!_completed)
        {
            _completed = true;
            try
            {
                await _stream.CancelAsync();
            }
            catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException or OperationCanceledException)
            {
                // What broke it is on its way already; the connection is broken with it, or says that the copy failed.
            }
        }
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        int length = _length;
        _length = 0;
        await _stream.WriteAsync(_buffer.AsMemory(0, length), cancellationToken);
    }

    private void PutInt16(short value)
    {
        BinaryPrimitives.WriteInt16BigEndian(Room(sizeof(short)), value);
        _length += sizeof(short);
    }

    private void PutInt32(int value)
    {
        BinaryPrimitives.WriteInt32BigEndian(Room(sizeof(int)), value);
        _length += sizeof(int);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _length += bytes.Length;
    }

    private Span<byte> Room(int length)
    {
        if (_buffer.Length - _length < length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _length + length));
            _buffer.AsSpan(0, _length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsSpan(_length);
    }
}
