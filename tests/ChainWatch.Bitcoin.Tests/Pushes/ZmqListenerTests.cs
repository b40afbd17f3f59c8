using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChainWatch.Bitcoin.Tests;

public sealed class ZmqListenerTests
{
    private static readonly byte[] Hash = new byte[32];

    [Fact]
    public async Task A_block_that_a_node_publishes_is_news()
    {
        await using ZmqPublisher publisher = new();
        using NewsCounter news = new();
        using CancellationTokenSource stop = new();
        Task listening = publisher.CreateListener().ListenAsync(news.Announce, stop.Token);

        await publisher.AcceptAsync();
        await news.ReachesAsync(1); // what happened before anybody listened
        await publisher.PublishAsync("hashblock", Hash, 1);
        await news.ReachesAsync(2);
        await publisher.PublishAsync("sequence", [.. Hash, (byte)'C'], 1);
        await news.ReachesAsync(3);
        await publisher.PublishAsync("sequence", [.. Hash, (byte)'D'], 2);
        await news.ReachesAsync(4);
        publisher.Topics.ShouldBe(["hashblock", "sequence"]);

        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => listening);
    }

    [Fact]
    public void What_happens_in_the_pool_of_transactions_is_no_news_and_a_lost_message_is()
    {
        Dictionary<string, uint> counters = [];

        ZmqListener.IsNews([Topic("sequence"), [.. Hash, (byte)'A', 1, 2, 3, 4, 5, 6, 7, 8], BitConverter.GetBytes(7u)], counters).ShouldBeFalse();
        ZmqListener.IsNews([Topic("sequence"), [.. Hash, (byte)'R'], BitConverter.GetBytes(8u)], counters).ShouldBeFalse();
        ZmqListener.IsNews([Topic("sequence"), [.. Hash, (byte)'A'], BitConverter.GetBytes(10u)], counters).ShouldBeTrue("number 9 is missing: it may have been a block");
        ZmqListener.IsNews([Topic("sequence"), [.. Hash, (byte)'A'], BitConverter.GetBytes(11u)], counters).ShouldBeFalse();
        ZmqListener.IsNews([Topic("other"), Hash, BitConverter.GetBytes(1u)], counters).ShouldBeFalse();
        ZmqListener.IsNews([Topic("hashblock")], counters).ShouldBeFalse();
        counters["sequence"] = uint.MaxValue;
        ZmqListener.IsNews([Topic("sequence"), [.. Hash, (byte)'A'], BitConverter.GetBytes(0u)], counters).ShouldBeFalse("the number begins anew");
    }

    [Theory]
    [InlineData("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\nand some more that is no greeting", "protocol 3")]
    [InlineData("", "closed")]
    public async Task What_does_not_speak_the_protocol_is_told(string answer, string reason)
    {
        await using ZmqPublisher publisher = new();
        Task listening = publisher.CreateListener().ListenAsync(static _ => { }, CancellationToken.None);

        await publisher.AcceptRawAsync(Encoding.ASCII.GetBytes(answer));
        (await Should.ThrowAsync<IOException>(() => listening)).Message.ShouldContain(reason);
    }

    [Fact]
    public async Task A_message_that_is_too_large_is_not_read()
    {
        await using ZmqPublisher publisher = new();
        Task listening = publisher.CreateListener().ListenAsync(static _ => { }, CancellationToken.None);

        await publisher.AcceptAsync();
        await publisher.SendAsync([2, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0]);
        (await Should.ThrowAsync<IOException>(() => listening)).Message.ShouldContain("larger");
    }

    [Fact]
    public async Task A_stream_of_anything_is_refused_or_ignored()
    {
        Random random = Runs.Seeded();
        for (int run = 0; run < Runs.Of(200, 20_000); run++)
        {
            byte[] greeting = new byte[64];
            greeting[0] = 0xFF;
            greeting[9] = 0x7F;
            greeting[10] = 3;
            "NULL"u8.CopyTo(greeting.AsSpan(12));
            byte[] ready = [4, 6, 5, .. "READY"u8];
            byte[] good = [.. greeting, .. ready, 1, 9, .. "hashblock"u8, 1, 32, .. Hash, 0, 4, 1, 0, 0, 0];
            MemoryStream stream = new([.. MalformedInputTests.Mutate(good, random)]);
            ZmqListener listener = new("test", _ => Task.FromResult<Stream>(new HalfStream(stream)), TimeProvider.System);

            await Should.ThrowAsync<IOException>(() => listener.ListenAsync(static _ => { }, CancellationToken.None));
        }
    }

    private static byte[] Topic(string name) => Encoding.ASCII.GetBytes(name);

    /// <summary>Reads from a stream, and lets go what is written.</summary>
    private sealed class HalfStream(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count)
        {
        }
    }
}
